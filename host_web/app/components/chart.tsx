import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./chart.css";
import { isolated } from "~/lib/isolated";
import { formatTick } from "~/lib/spans";
import { useTheme } from "~/lib/theme";

export interface ChartSeries {
  label: string;
  /** The token of app.css without its dashes, such as `busy`. */
  colour: string;
  values: readonly (number | null)[];
}

/** How the values of a chart are counted and written. */
export interface Scale {
  /** What may be between two lines of the grid. */
  steps: readonly number[];
  /** The top of the chart when all values are lower: what is almost nothing shall look so. */
  least: number;
  format: (value: number) => string;
}

interface Props {
  /** What the chart shows, for those who cannot see it. */
  label: string;
  /** Seconds since 1970, one for each value. */
  times: readonly number[];
  series: readonly ChartSeries[];
  scale: Scale;
  /** Where the chart ends, in seconds since 1970, and how many seconds it shows. */
  end: number;
  seconds: number;
  /** Times that are marked with a line from top to bottom. */
  marks: readonly number[];
  /** Called with the time of the sample that is pointed at. */
  onHover: (at: number | null) => void;
}

const HEIGHT = 124;
/** A time nearer to an end of the chart than this part of it is not written. */
const EDGE = 0.05;
/** What may be between two times of the axis, in seconds. */
const TIME_STEPS = [10, 30, 60, 120, 300, 600];
/** Charts with the same key show the same moment. */
const TOGETHER = "figures";

/** Draws numbers over time on a canvas; it is loaded when it is first needed. */
export default function Chart(props: Props) {
  const { label, times, series, scale } = props;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const theme = useTheme();
  // What is drawn last lies on top: the first series.
  const drawn = [...series].reverse();
  const data: uPlot.AlignedData = [times as number[], ...drawn.map((one) => one.values as number[])];
  const latest = useRef({ ...props, data });
  latest.current = { ...props, data };
  const shape = drawn.map((one) => `${one.label} ${one.colour}`).join(", ");

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours on the canvas
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = draw(element, shape, () => latest.current);
    chart.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [shape, theme]);

  useEffect(() => {
    chart.current?.setData(data);
  });

  const now = series
    .map(
      ({ label: name, values }) =>
        `${name} ${values.at(-1) == null ? "–" : scale.format(values.at(-1) as number)}`,
    )
    .join(", ");
  return <div ref={place} role="img" aria-label={`${label}: ${now}`} className="min-w-0" />;
}

function draw(element: HTMLElement, shape: string, latest: () => Props & { data: uPlot.AlignedData }): uPlot {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const lines = shape.split(", ").map((one) => {
    const at = one.lastIndexOf(" ");
    const stroke = token(one.slice(at + 1));
    return { label: one.slice(0, at), stroke };
  });
  const axis = {
    stroke: token("text-faint"),
    font: "11px sans-serif",
    grid: { stroke: token("line"), width: 1 },
    ticks: { show: false },
  };
  const { scale } = latest();
  return new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      padding: [6, 10, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false }, sync: { key: TOGETHER } },
      scales: {
        x: { range: () => [latest().end - latest().seconds, latest().end] },
        y: { range: (_chart, _least, most) => [0, Math.max(most * 1.1, scale.least)] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          space: 60,
          incrs: TIME_STEPS,
          size: 22,
          // The first one would run into the axis beside it, the last one beyond the chart.
          values: (_, values) => values.map((at) => (isAtEdge(at, latest()) ? "" : formatTick(at))),
        },
        {
          ...axis,
          size: 58,
          space: 20,
          incrs: [...scale.steps],
          values: (_, values) => values.map(scale.format),
        },
      ],
      series: [
        {},
        ...lines.map((line, index) => ({
          ...line,
          // The first series is what the chart is about: it stands on ground of its colour.
          ...(index === lines.length - 1 ? { fill: `${line.stroke}1a` } : {}),
          width: 1.5,
          points: {
            show: false,
            filter: (chart: uPlot, index: number) => isolated(chart.data[index] ?? []),
            size: 5,
          },
          spanGaps: false,
        })),
      ],
      hooks: {
        setCursor: [
          ({ cursor, data: [times] }) =>
            latest().onHover(cursor.idx == null ? null : (times[cursor.idx] ?? null)),
        ],
        draw: [(made) => drawMarks(made, latest(), token("warn"))],
      },
    },
    latest().data,
    element,
  );
}

const isAtEdge = (at: number, { end, seconds }: Props): boolean =>
  at < end - seconds * (1 - EDGE) || at > end - seconds * EDGE;

function drawMarks(chart: uPlot, { marks, end, seconds }: Props, colour: string): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const at of marks) {
    if (at < end - seconds || at > end) continue;
    const x = Math.round(chart.valToPos(at, "x", true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
