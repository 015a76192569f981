import type { Reason } from "./api/types";
import { formatDuration } from "./time";

const MINUTE = 60;
/** How the host writes a pause, as long as it was at first. */
const PAUSE = /\bin (\d+(?:\.\d+)?) s\b/;

/** Write how much of a pause is left, such as `in 8 s`; null for a reason that ends at no known time. */
export function pauseLeft({ text, until }: Reason, now: number): string | null {
  if (until === null) return null;
  const first = Number(PAUSE.exec(text)?.[1] ?? Number.POSITIVE_INFINITY);
  // The clocks of host and browser may differ: a pause never grows.
  const left = Math.ceil(Math.min(until - now, first));
  return left <= 0 ? "now" : left < MINUTE ? `in ${left} s` : `in ${formatDuration(left)}`;
}

/** Write a reason as it is now: what it says of a pause counts down. `now` is in seconds since 1970. */
export function reasonText(reason: Reason, now: number): string {
  const left = pauseLeft(reason, now);
  if (left === null) return reason.text;
  return PAUSE.test(reason.text) ? reason.text.replace(PAUSE, left) : `${reason.text} (${left})`;
}
