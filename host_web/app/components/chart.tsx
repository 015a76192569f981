import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./chart.css";
import { useTheme } from "~/lib/theme";

export interface ChartSeries {
  label: string;
  /** The token of app.css without its dashes, such as `busy`. */
  colour: string;
  values: readonly (number | null)[];
}

interface Props {
  /** What the chart shows, for those who cannot see it. */
  label: string;
  times: readonly number[];
  series: readonly ChartSeries[];
  format: (value: number) => string;
}

const HEIGHT = 120;

/** Draws numbers over time on a canvas; it is loaded when it is first needed. */
export default function Chart({ label, times, series, format }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const theme = useTheme();
  const data: uPlot.AlignedData = [times as number[], ...series.map((one) => one.values as number[])];
  const latest = useRef(data);
  latest.current = data;
  const shape = series.map((one) => `${one.label} ${one.colour}`).join(", ");
  const writer = useRef(format);
  writer.current = format;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours on the canvas
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = draw(element, shape, (value) => writer.current(value), latest.current);
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
      ({ label: name, values }) => `${name} ${values.at(-1) == null ? "–" : format(values.at(-1) as number)}`,
    )
    .join(", ");
  return <div ref={place} role="img" aria-label={`${label}: ${now}`} className="min-w-0" />;
}

function draw(
  element: HTMLElement,
  shape: string,
  format: (value: number) => string,
  data: uPlot.AlignedData,
): uPlot {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const lines = shape.split(", ").map((one) => {
    const at = one.lastIndexOf(" ");
    return { label: one.slice(0, at), stroke: token(one.slice(at + 1)) };
  });
  const axis = {
    stroke: token("text-faint"),
    font: "11px sans-serif",
    grid: { stroke: token("line"), width: 1 },
    ticks: { show: false },
  };
  return new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 } },
      scales: { y: { range: (_chart, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
      axes: [
        { ...axis, grid: { show: false }, space: 80, size: 22 },
        { ...axis, size: 56, space: 28, values: (_chart, values) => values.map(format) },
      ],
      series: [
        {},
        ...lines.map((line) => ({ ...line, width: 1.5, points: { show: false }, spanGaps: false })),
      ],
    },
    data,
    element,
  );
}
