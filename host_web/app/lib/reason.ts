import type { Reason } from "./api/types";
import { formatDuration } from "./time";

const MINUTE = 60;
/** How the host writes a pause, as long as it was at first. */
const PAUSE = /\bin (\d+(?:\.\d+)?) s\b/;

/** Write a reason as it is now: what it says of a pause counts down. `now` is in seconds since 1970. */
export function reasonText({ text, until }: Reason, now: number): string {
  if (until === null) return text;
  const first = Number(PAUSE.exec(text)?.[1] ?? Number.NaN);
  // The clocks of host and browser may differ: a pause never grows.
  const left = Math.ceil(Math.min(until - now, Number.isNaN(first) ? Number.POSITIVE_INFINITY : first));
  const words = left <= 0 ? "now" : left < MINUTE ? `in ${left} s` : `in ${formatDuration(left)}`;
  return Number.isNaN(first) ? `${text} (${words})` : text.replace(PAUSE, words);
}
