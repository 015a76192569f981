import type { Schemas } from "~/lib/api/schemas";
import type { TimedSample } from "~/lib/live/state";

/** What the charts draw of one moment. */
export type ChartSample = Pick<
  TimedSample,
  "at" | "calls_per_second" | "errors_per_second" | "p50_ms" | "p99_ms" | "rss_bytes"
>;

type History = Schemas["FigureHistory"];

/** Return what the host remembers as samples, oldest first. */
function samplesOf(history: History): ChartSample[] {
  return history.at.map((at, index) => ({
    at,
    calls_per_second: history.calls_per_second[index] ?? 0,
    errors_per_second: history.errors_per_second[index] ?? 0,
    p50_ms: history.p50_ms[index] ?? null,
    p99_ms: history.p99_ms[index] ?? null,
    rss_bytes: history.rss_bytes[index] ?? null,
  }));
}

/** Put the seconds of each step into one sample, as the host does that for what it remembers. */
function inSteps(samples: readonly ChartSample[], step: number): ChartSample[] {
  const found: ChartSample[] = [];
  for (let begin = 0; begin < samples.length; ) {
    const until = Math.floor((samples[begin]?.at ?? 0) / step) * step + step;
    let end = begin;
    while (end < samples.length && (samples[end]?.at ?? 0) < until) end += 1;
    const part = samples.slice(begin, end);
    const last = part.at(-1);
    if (last === undefined) break;
    const most = (key: "p50_ms" | "p99_ms") => {
      const values = part.map((one) => one[key]).filter((value) => value !== null);
      return values.length === 0 ? null : Math.max(...values);
    };
    const mean = (key: "calls_per_second" | "errors_per_second") =>
      part.reduce((sum, one) => sum + one[key], 0) / part.length;
    found.push({
      at: last.at,
      calls_per_second: mean("calls_per_second"),
      errors_per_second: mean("errors_per_second"),
      p50_ms: most("p50_ms"),
      p99_ms: most("p99_ms"),
      rss_bytes: last.rss_bytes,
    });
    begin = end;
  }
  return found;
}

/** Beyond so many seconds a chart has no room for each of them. */
const DETAILED_SECONDS = 300;

/**
 * Return what a chart of the last `seconds` shows: what the host remembers, then what this page has heard itself.
 *
 * A short chart shows each second that the page has heard; a long one shows steps as long as the host's.
 */
export function chartSamples(
  history: History | null,
  heard: readonly ChartSample[],
  { now, seconds }: { now: number; seconds: number },
): ChartSample[] {
  const own = seconds > DETAILED_SECONDS ? inSteps(heard, history?.seconds ?? 5) : heard;
  const first = own[0]?.at ?? Number.POSITIVE_INFINITY;
  const before = history === null ? [] : samplesOf(history).filter(({ at }) => at < first);
  return [...before, ...own].filter(({ at }) => at >= now - seconds);
}

/** So much is shown at least: a line of three points says nothing. */
const LEAST_SECONDS = 60;

/** Return how many seconds a chart shows: no more than there is something to show of. */
export function shownSeconds(
  samples: readonly ChartSample[],
  { now, seconds }: { now: number; seconds: number },
): number {
  const first = samples[0]?.at ?? now - seconds;
  return Math.min(seconds, Math.max(LEAST_SECONDS, now - first));
}
