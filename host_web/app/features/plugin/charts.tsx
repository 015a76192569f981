import { lazy, Suspense, useMemo } from "react";
import type { ChartSeries } from "~/components/chart";
import { Panel } from "~/components/ui/panel";
import { live, selectFigures, useLive } from "~/lib/live/live";
import { formatBytes, formatDuration, formatNumber } from "~/lib/time";

const Chart = lazy(() => import("~/components/chart"));

/** Shows calls, their duration, and memory over the last minutes, as long as the page is open. */
export function Charts({ id }: { id: string }) {
  const figures = useLive(selectFigures);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each sample is new figures; the array grows in place
  const samples = useMemo(() => [...live.samplesOf(id)], [id, figures]);
  const times = samples.map((one) => one.at);
  return (
    <div className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
      <ChartPanel
        title="Calls a second"
        times={times}
        format={formatNumber}
        series={[
          { label: "calls", colour: "accent-text", values: samples.map((one) => one.calls_per_second) },
          { label: "errors", colour: "bad", values: samples.map((one) => one.errors_per_second) },
        ]}
      />
      <ChartPanel
        title="Duration"
        times={times}
        format={(ms) => formatDuration(ms / 1000)}
        series={[
          { label: "p50", colour: "busy", values: samples.map((one) => one.p50_ms) },
          { label: "p99", colour: "warn", values: samples.map((one) => one.p99_ms) },
        ]}
      />
      <ChartPanel
        title="Memory"
        times={times}
        format={formatBytes}
        series={[{ label: "resident", colour: "wait", values: samples.map((one) => one.rss_bytes) }]}
      />
    </div>
  );
}

const DOTS: Record<string, string> = {
  "accent-text": "bg-accent-text",
  bad: "bg-bad",
  busy: "bg-busy",
  warn: "bg-warn",
  wait: "bg-wait",
};

function ChartPanel(props: {
  title: string;
  times: readonly number[];
  series: readonly ChartSeries[];
  format: (value: number) => string;
}) {
  const { title, times, series, format } = props;
  return (
    <Panel aria-label={title}>
      <header className="flex h-8 items-center gap-3 px-3">
        <h2 className="flex-1 font-medium">{title}</h2>
        {series.map(({ label, colour, values }) => (
          <span key={label} className="flex items-center gap-1.5 text-muted text-xs tabular">
            <span aria-hidden className={`size-2 rounded-full ${DOTS[colour] ?? "bg-muted"}`} />
            {label} {values.at(-1) == null ? "–" : format(values.at(-1) as number)}
          </span>
        ))}
      </header>
      <div className="h-[120px] px-1">
        {times.length > 1 ? (
          <Suspense fallback={null}>
            <Chart label={title} times={times} series={series} format={format} />
          </Suspense>
        ) : (
          <p className="px-2 pt-8 text-center text-faint">A sample comes each second.</p>
        )}
      </div>
    </Panel>
  );
}
