import type { Schemas } from "~/lib/api/schemas";

export type History = Schemas["FigureHistory"];

type Figure = "calls_per_second" | "errors_per_second" | "p50_ms" | "p99_ms" | "rss_bytes";
const FIGURES: readonly Figure[] = ["calls_per_second", "errors_per_second", "p50_ms", "p99_ms", "rss_bytes"];

/** What the charts draw of one step of the host's: of the seconds before `at`. */
export type ChartSample = { at: number } & Readonly<Record<Figure, number | null>>;

/** So much is kept: as much as the longest chart shows, which is what the host remembers. */
const KEPT_SECONDS = 1800;
/** With so many steps missing between two samples nobody knows how it was: the host did not run. */
const GAP_STEPS = 2.5;

/** Return what the host remembers as samples, oldest first. */
export function samplesOf(history: History): ChartSample[] {
  return history.at.map((at, index) => {
    const figures = FIGURES.map((name) => [name, history[name][index] ?? null]);
    return { at, ...Object.fromEntries(figures) } as ChartSample;
  });
}

/** Return what is known after the host was asked for more: nothing twice, in order, and nothing older than a chart shows. */
export function withLater(known: readonly ChartSample[], later: readonly ChartSample[]): ChartSample[] {
  const last = known.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  const all = [...known, ...later.filter(({ at }) => at > last)];
  const newest = all.at(-1)?.at ?? 0;
  return all.filter(({ at }) => at > newest - KEPT_SECONDS);
}

/** Return the samples of the last `seconds`, with nothing between those that are far from each other. */
export function chartSamples(
  samples: readonly ChartSample[],
  { step, now, seconds }: { step: number; now: number; seconds: number },
): ChartSample[] {
  const unknown = Object.fromEntries(FIGURES.map((name) => [name, null])) as Omit<ChartSample, "at">;
  const found: ChartSample[] = [];
  for (const sample of samples) {
    if (sample.at < now - seconds) continue;
    const before = found.at(-1);
    if (before !== undefined && sample.at - before.at > GAP_STEPS * step)
      found.push({ ...unknown, at: before.at + step } as ChartSample);
    found.push(sample);
  }
  return found;
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
