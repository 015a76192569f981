import { Suspense, useMemo, useState } from "react";
import type { ChartSeries, Scale } from "~/components/chart";
import { Panel } from "~/components/ui/panel";
import { cn } from "~/lib/classes";
import { selectEvents, useLive } from "~/lib/live/live";
import { lazyPart } from "~/lib/preload";
import { formatBytes, formatClock, formatDuration, formatNumber, formatRate, useNow } from "~/lib/time";
import { useSearchParam } from "~/lib/use-search-param";
import { type ChartSample, chartSamples, shownSeconds } from "./chart-data";
import { useHistory } from "./use-history";

const Chart = lazyPart(() => import("~/components/chart"));

const RANGES = [
  { value: "", label: "5 min", seconds: 300 },
  { value: "30", label: "30 min", seconds: 1800 },
] as const;

const COUNTS: Scale = { steps: steps(1, 10), least: 1, format: formatRate };
const DURATIONS: Scale = {
  steps: steps(0.1, 10),
  least: 1,
  format: (ms) => (ms === 0 ? "0" : ms < 1000 ? `${formatNumber(ms)} ms` : formatDuration(ms / 1000)),
};
const BYTES: Scale = {
  steps: Array.from({ length: 44 }, (_, power) => 2 ** power),
  least: 2 ** 20,
  format: (bytes) => (bytes === 0 ? "0" : formatBytes(bytes)),
};

/** Return 1, 2, 5, 10, 20, …: steps that people count in. */
function steps(first: number, base: number): number[] {
  return Array.from({ length: 11 }, (_, power) =>
    [1, 2, 5].map((digit) => Number((first * digit * base ** power).toPrecision(1))),
  ).flat();
}

/** Shows calls, their duration, and memory over the last minutes, with the crashes among them. */
export function Charts({ id }: { id: string }) {
  const now = useNow();
  const { samples: known, step } = useHistory(id);
  const crashes = useCrashes(id);
  const [range, setRange] = useSearchParam("range");
  const [hovered, setHovered] = useState<number | null>(null);
  const { seconds } = RANGES.find(({ value }) => value === range) ?? RANGES[0];
  const samples = useMemo(() => chartSamples(known, { step, now, seconds }), [known, step, now, seconds]);
  const shared = {
    samples,
    end: now,
    seconds: shownSeconds(samples, { now, seconds }),
    marks: crashes,
    hovered,
    onHover: setHovered,
  };
  return (
    <section aria-labelledby="figures" className="flex flex-col gap-1.5">
      <div className="flex items-center gap-3">
        <h2 id="figures" className="font-medium">
          Over the last {seconds / 60} minutes
        </h2>
        {crashes.some((at) => at >= now - seconds) && (
          <span className="flex items-center gap-1.5 text-muted text-xs">
            <span aria-hidden className="h-3 border-warn border-l-2 border-dashed" />
            ended unexpectedly
          </span>
        )}
        <fieldset className="ml-auto flex rounded-md border border-line p-0.5">
          <legend className="sr-only">How far back</legend>
          {RANGES.map(({ value, label }) => (
            <button
              key={value}
              type="button"
              aria-pressed={range === value}
              onClick={() => setRange(value)}
              className={cn(
                "h-5 rounded-sm px-2 text-xs",
                range === value ? "bg-hover font-medium text-text" : "text-muted hover:text-text",
              )}
            >
              {label}
            </button>
          ))}
        </fieldset>
      </div>
      <div className="grid gap-3 md:grid-cols-2 xl:grid-cols-3 md:max-xl:[&>:last-child]:col-span-2">
        <ChartPanel
          {...shared}
          title="Calls/s"
          empty="No calls in this time"
          scale={COUNTS}
          lines={[
            { label: "calls", colour: "accent-text", value: (one) => one.calls_per_second },
            { label: "errors", colour: "bad", value: (one) => one.errors_per_second, quiet: true },
          ]}
        />
        <ChartPanel
          {...shared}
          title="Duration"
          empty="No call has ended in this time"
          scale={DURATIONS}
          lines={[
            { label: "p50", colour: "busy", value: (one) => one.p50_ms },
            { label: "p99", colour: "warn", value: (one) => one.p99_ms },
          ]}
        />
        <ChartPanel
          {...shared}
          title="Memory"
          empty="Not measured in this time"
          scale={BYTES}
          lines={[{ label: "resident", colour: "wait", value: (one) => one.rss_bytes }]}
        />
      </div>
    </section>
  );
}

/** Return when the plugin has crashed, in seconds since 1970. */
function useCrashes(id: string): readonly number[] {
  const events = useLive(selectEvents);
  return useMemo(
    () =>
      events
        .filter(
          ({ kind, plugin, new: state }) =>
            kind === "plugin-state-changed" &&
            plugin === id &&
            (state === "backing-off" || state === "failed"),
        )
        .map(({ at }) => at),
    [events, id],
  );
}

const DOTS: Record<string, string> = {
  "accent-text": "bg-accent-text",
  bad: "bg-bad",
  busy: "bg-busy",
  warn: "bg-warn",
  wait: "bg-wait",
};

interface Line {
  label: string;
  colour: string;
  value: (sample: ChartSample) => number | null;
  /** Is not drawn as long as it is 0: a red line asks for attention. */
  quiet?: boolean;
}

interface PanelProps {
  title: string;
  /** Said where there is nothing to draw. */
  empty: string;
  lines: readonly Line[];
  scale: Scale;
  samples: readonly ChartSample[];
  end: number;
  seconds: number;
  marks: readonly number[];
  /** The time that is pointed at in one of the charts. */
  hovered: number | null;
  onHover: (at: number | null) => void;
}

function ChartPanel(props: PanelProps) {
  const { title, empty, lines, scale, samples, end, seconds, marks, hovered, onHover } = props;
  const series: ChartSeries[] = lines.map(({ label, colour, value }) => ({
    label,
    colour,
    values: samples.map(value),
  }));
  const drawn = series.map((one, index) =>
    lines[index]?.quiet && one.values.every((value) => !value)
      ? { ...one, values: one.values.map(() => null) }
      : one,
  );
  const at = hovered === null ? samples.length - 1 : samples.findIndex((one) => one.at === hovered);
  // What is 0 all the time is as empty as what is not known.
  const blank = series.every(({ values }) => values.every((value) => !value));
  return (
    <Panel aria-label={title}>
      <header className="flex h-8 items-center gap-3 px-3">
        <h3 className="flex-1 truncate font-medium">{title}</h3>
        {hovered !== null && samples[at] !== undefined && (
          <span className="text-faint text-xs tabular">{formatClock(samples[at].at).slice(0, 8)}</span>
        )}
        {series.map(({ label, colour, values }) => (
          <span key={label} className="flex items-center gap-1.5 text-muted text-xs tabular">
            <span aria-hidden className={`size-2 rounded-full ${DOTS[colour] ?? "bg-muted"}`} />
            {label} {values[at] == null ? "–" : scale.format(values[at])}
          </span>
        ))}
      </header>
      <div className="relative h-[124px] px-1">
        <Suspense fallback={null}>
          <Chart
            label={title}
            times={samples.map((one) => one.at)}
            series={drawn}
            scale={scale}
            end={end}
            seconds={seconds}
            marks={marks}
            onHover={onHover}
          />
        </Suspense>
        {blank && (
          <p className="pointer-events-none absolute inset-x-0 top-10 text-center text-faint">
            <span className="rounded-sm bg-surface px-2 py-0.5">{empty}</span>
          </p>
        )}
      </div>
    </Panel>
  );
}
