import { X } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, useMemo, useRef, useState } from "react";
import { cn } from "~/lib/classes";
import { coverOf, formatSpan, formatTick, type Span, stepFor } from "~/lib/spans";
import { useNow } from "~/lib/time";
import { Button } from "./ui/button";

/** How bad something is; the worst stands at the bottom, where its height can be compared. */
const LEVELS = ["bad", "warn", "calm"] as const;
export type Level = (typeof LEVELS)[number];

const FILLS: Record<Level, string> = { bad: "fill-bad", warn: "fill-warn", calm: "fill-off/50" };
const NAMES = { bad: ["failure", "failures"], warn: ["warning", "warnings"] } as const;

export interface Mark {
  at: number;
  level: Level;
}

interface Props {
  /** What the marks are, in the plural. */
  label: string;
  marks: readonly Mark[];
  /** The time that is chosen; null for all of it. */
  span: Span | null;
  onSpan: (span: Span | null) => void;
}

/** Wider bars would say less, and narrower ones could not be hit. */
const MOST_BARS = 90;
const MOST_TICKS = 8;
/** A time nearer to the end than this part of the strip would be cut. */
const EDGE = 0.08;
const HEIGHT = 36;
/** What is there can be seen, however much more there is elsewhere. */
const LEAST_HEIGHT = 3;

/** Shows how many there were over time, and lets a person choose a part of it: by dragging, or with the arrow keys. */
export function TimeStrip({ label, marks, span, onSpan }: Props) {
  const now = useNow();
  const first = marks.reduce((least, { at }) => Math.min(least, at), now);
  const { begin, step, count } = coverOf({ from: first, to: now }, MOST_BARS);
  const bars = useMemo(() => countIn(marks, begin, step, count), [marks, begin, step, count]);
  const most = Math.max(1, ...bars.map(totalOf));
  const [cursor, setCursor] = useState<number | null>(null);
  const anchor = useRef<number | null>(null);
  const at = cursor === null ? null : Math.min(cursor, count - 1);

  const spanOf = (one: number, other: number): Span => ({
    from: begin + Math.min(one, other) * step,
    to: begin + (Math.max(one, other) + 1) * step,
  });
  /** Choose from the place where it began; the same once more takes the choice back. */
  const choose = (index: number) => {
    const next = spanOf(anchor.current ?? index, index);
    onSpan(span !== null && span.from === next.from && span.to === next.to ? null : next);
  };
  const indexAt = ({ clientX, currentTarget }: PointerEvent<HTMLElement>) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(count - 1, Math.floor(((clientX - left) / width) * count)));
  };
  const pressed = (event: KeyboardEvent) => {
    const here = at ?? count - 1;
    const places: Record<string, number> = {
      ArrowLeft: here - 1,
      ArrowRight: here + 1,
      PageUp: here - 10,
      PageDown: here + 10,
      Home: 0,
      End: count - 1,
    };
    const place = places[event.key];
    if (place !== undefined) {
      const index = Math.max(0, Math.min(count - 1, place));
      if (event.shiftKey) {
        anchor.current ??= here;
        onSpan(spanOf(anchor.current, index));
      } else anchor.current = null;
      setCursor(index);
    } else if (event.key === "Enter" || event.key === " ") {
      anchor.current = null;
      choose(here);
    } else if (event.key === "Escape" && span !== null) {
      anchor.current = null;
      onSpan(null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const told = at === null ? null : tell(bars[at] ?? NOTHING, label, spanOf(at, at), now);
  return (
    <div data-slot="time-strip" className="flex flex-col border-b px-4 pt-1.5 pb-0.5">
      <div className="flex h-6 items-center gap-2 text-muted text-xs tabular">
        <span className="min-w-0 flex-1 truncate">
          {told ?? `${label} over time, ${lengthOf(step)} a bar`}
        </span>
        {span !== null && (
          <Button size="small" onClick={() => onSpan(null)} title="Show all times again">
            {formatSpan(span, now)}
            <X aria-hidden />
          </Button>
        )}
      </div>
      <div
        role="slider"
        tabIndex={0}
        aria-label={`${label} over time`}
        aria-valuemin={0}
        aria-valuemax={count - 1}
        aria-valuenow={at ?? count - 1}
        aria-valuetext={told ?? tell(bars[count - 1] ?? NOTHING, label, spanOf(count - 1, count - 1), now)}
        title="Drag to choose a time"
        onKeyDown={pressed}
        onFocus={() => setCursor((old) => old ?? count - 1)}
        onBlur={() => setCursor(null)}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          anchor.current = indexAt(event);
        }}
        onPointerMove={(event) => {
          const index = indexAt(event);
          setCursor(index);
          if (anchor.current !== null && event.buttons === 1 && index !== anchor.current)
            onSpan(spanOf(anchor.current, index));
        }}
        onPointerUp={(event) => {
          // What was dragged is chosen already.
          if (anchor.current !== null && indexAt(event) === anchor.current) choose(anchor.current);
          anchor.current = null;
        }}
        onPointerLeave={() => setCursor(null)}
        className="relative cursor-crosshair touch-none rounded-sm"
      >
        <svg
          aria-hidden
          viewBox={`0 0 ${count} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="block h-9 w-full border-line border-b"
        >
          {at !== null && <rect x={at} y={0} width={1} height={HEIGHT} className="fill-hover" />}
          {span !== null && <Chosen span={span} begin={begin} step={step} count={count} />}
          {bars.map((bar, index) => (
            <Bar
              // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
              key={index}
              index={index}
              bar={bar}
              most={most}
              faded={span !== null && !isWithin(begin + index * step, step, span)}
            />
          ))}
        </svg>
      </div>
      <Ticks begin={begin} seconds={step * count} />
    </div>
  );
}

type Counts = Readonly<Record<Level, number>>;
const NOTHING: Counts = { bad: 0, warn: 0, calm: 0 };
const totalOf = ({ bad, warn, calm }: Counts) => bad + warn + calm;

/** Count marks by their place and their level. */
function countIn(marks: readonly Mark[], begin: number, step: number, count: number): Counts[] {
  const bars = Array.from({ length: count }, () => ({ ...NOTHING }));
  for (const { at, level } of marks) {
    const bar = bars[Math.floor((at - begin) / step)];
    if (bar !== undefined) bar[level] += 1;
  }
  return bars;
}

/** Grows with the root of the number: beside the hundred of a start, one crash can still be seen. */
function Bar(props: { index: number; bar: Counts; most: number; faded: boolean }) {
  const { index, bar, most, faded } = props;
  const total = totalOf(bar);
  if (total === 0) return null;
  const height = Math.max(LEAST_HEIGHT, HEIGHT * Math.sqrt(total / most));
  let bottom = HEIGHT;
  return (
    <g className={cn(faded && "opacity-35")}>
      {LEVELS.filter((level) => bar[level] > 0).map((level) => {
        const part = (height * bar[level]) / total;
        bottom -= part;
        return (
          <rect key={level} x={index + 0.1} y={bottom} width={0.8} height={part} className={FILLS[level]} />
        );
      })}
    </g>
  );
}

function Chosen({ span, begin, step, count }: { span: Span; begin: number; step: number; count: number }) {
  const [from, to] = [span.from, span.to].map((at) => Math.max(0, Math.min(count, (at - begin) / step)));
  return <rect x={from} y={0} width={(to ?? 0) - (from ?? 0)} height={HEIGHT} className="fill-selected" />;
}

const isWithin = (at: number, step: number, { from, to }: Span) => at >= from && at + step <= to;

/** Writes some times below the bars. */
function Ticks({ begin, seconds }: { begin: number; seconds: number }) {
  const step = stepFor(seconds, MOST_TICKS);
  // Days begin where they do here.
  const zone = step > 900 ? new Date(begin * 1000).getTimezoneOffset() * 60 : 0;
  const ticks: number[] = [];
  const last = begin + seconds * (1 - EDGE);
  for (let at = Math.ceil((begin - zone) / step) * step + zone; at < last; at += step) ticks.push(at);
  return (
    <div aria-hidden className="relative h-4 overflow-hidden text-[11px] text-faint leading-4 tabular">
      {ticks.map((at) => (
        <span
          key={at}
          className="absolute top-0 whitespace-nowrap"
          style={{ left: `${(100 * (at - begin)) / seconds}%` }}
        >
          {formatTick(at)}
        </span>
      ))}
    </div>
  );
}

const lengthOf = (step: number) =>
  step < 60
    ? `${step} s`
    : step < 3600
      ? `${step / 60} min`
      : step < 86_400
        ? `${step / 3600} h`
        : `${step / 86_400} d`;

function tell(bar: Counts, label: string, span: Span, now: number): string {
  const total = totalOf(bar);
  const what = total === 1 ? label.toLowerCase().replace(/s$/, "") : label.toLowerCase();
  const parts = (["bad", "warn"] as const)
    .filter((level) => bar[level] > 0)
    .map((level) => `${bar[level]} ${NAMES[level][bar[level] === 1 ? 0 : 1]}`);
  const of = parts.length > 0 ? `, with ${parts.join(" and ")}` : "";
  return `${formatSpan(span, now)}: ${total === 0 ? "no" : total} ${what}${of}`;
}
