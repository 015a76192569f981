import { expect, test } from "vitest";
import {
  type ChartSample,
  chartSamples,
  type History,
  samplesOf,
  shownSeconds,
  withLater,
} from "./chart-data";

const history: History = {
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
const samples = samplesOf(history);
const at = (time: number): ChartSample => ({ ...(samples[0] as ChartSample), at: time });
const times = (of: readonly ChartSample[]) => of.map((one) => one.at);

test("what the host remembers becomes samples, and what was not measured is null", () => {
  expect(samples[0]).toEqual({
    at: 100,
    calls_per_second: 1,
    errors_per_second: 0,
    p50_ms: null,
    p99_ms: null,
    rss_bytes: null,
  });
  expect(samples[2]?.rss_bytes).toBe(7);
});

test("later samples go on where the known ones end, and nothing comes twice", () => {
  expect(times(withLater(samples, [at(110), at(115)]))).toEqual([100, 105, 110, 115]);
  expect(withLater(samples, [])).toEqual(samples);
});

test("what is older than the longest chart is forgotten", () => {
  expect(times(withLater(samples, [at(1903)]))).toEqual([105, 110, 1903]);
});

test("what is older than the chart is left out", () => {
  expect(times(chartSamples(samples, { step: 5, now: 112, seconds: 10 }))).toEqual([105, 110]);
  expect(chartSamples([], { step: 5, now: 112, seconds: 10 })).toEqual([]);
});

test("while the host did not run, nothing is drawn", () => {
  const shown = chartSamples([...samples, at(200)], { step: 5, now: 200, seconds: 300 });
  expect(times(shown)).toEqual([100, 105, 110, 115, 200]);
  expect(shown[3]?.calls_per_second).toBe(null);
});

test("a chart begins where there is something to show, and never shows less than a minute", () => {
  const of = (first: number) => shownSeconds([at(first)], { now: 1000, seconds: 300 });
  expect([of(990), of(900), of(100)]).toEqual([60, 100, 300]);
  expect(shownSeconds([], { now: 1000, seconds: 300 })).toBe(300);
});
