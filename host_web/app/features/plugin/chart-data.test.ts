import { expect, test } from "vitest";
import { type ChartSample, chartSamples, shownSeconds } from "./chart-data";

const heard = (at: number, calls: number, p99: number | null = null): ChartSample => ({
  at,
  calls_per_second: calls,
  errors_per_second: 0,
  p50_ms: p99,
  p99_ms: p99,
  rss_bytes: calls,
});
const history = {
  plugin: "kv",
  seconds: 5,
  at: [100, 105, 110],
  calls_per_second: [1, 2, 3],
  errors_per_second: [0, 0, 0],
  p50_ms: [null, 1, 1],
  p99_ms: [null, 2, 2],
  in_flight: [0, 0, 0],
  rss_bytes: [null, 7, 7],
  cpu: [null, 0, 0],
};
const times = (samples: readonly ChartSample[]) => samples.map(({ at }) => at);

test("what the host remembers comes before what the page has heard, and nothing comes twice", () => {
  const samples = chartSamples(history, [heard(108, 5), heard(109, 6)], { now: 109, seconds: 60 });
  expect(times(samples)).toEqual([100, 105, 108, 109]);
  expect(samples[0]?.rss_bytes).toBe(null);
  expect(samples[3]?.calls_per_second).toBe(6);
});

test("what is older than the chart is left out", () => {
  expect(times(chartSamples(history, [], { now: 112, seconds: 10 }))).toEqual([105, 110]);
  expect(chartSamples(null, [], { now: 112, seconds: 10 })).toEqual([]);
});

test("a long chart shows steps: rates as a mean, durations as the longest", () => {
  const seconds = [heard(110, 1, 4), heard(111, 3, null), heard(116, 8, null)];
  const samples = chartSamples(null, seconds, { now: 120, seconds: 1800 });
  expect(times(samples)).toEqual([111, 116]);
  expect(samples[0]).toMatchObject({ calls_per_second: 2, p99_ms: 4, rss_bytes: 3 });
  expect(samples[1]).toMatchObject({ calls_per_second: 8, p99_ms: null });
});

test("a chart begins where there is something to show, and never shows less than a minute", () => {
  const of = (first: number) => shownSeconds([heard(first, 1)], { now: 1000, seconds: 300 });
  expect([of(990), of(900), of(100)]).toEqual([60, 100, 300]);
  expect(shownSeconds([], { now: 1000, seconds: 300 })).toBe(300);
});
