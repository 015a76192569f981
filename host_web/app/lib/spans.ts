/** A part of time, in seconds since 1970; the end is not in it. */
export interface Span {
  from: number;
  to: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Lengths that people count time in, in seconds. */
const STEPS = [
  1,
  2,
  5,
  10,
  15,
  30,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
];

/** Return the shortest step of which no more than `most` make up so many seconds. */
export function stepFor(seconds: number, most: number): number {
  return STEPS.find((step) => seconds / step <= most) ?? Math.ceil(seconds / most / DAY) * DAY;
}

/** Return the steps that cover a time: they begin at whole multiples, so that they stay where they are as time goes by. */
export function coverOf({ from, to }: Span, most: number): { begin: number; step: number; count: number } {
  // One step more may be needed, since neither end is at a multiple.
  const step = stepFor(Math.max(1, to - from), most - 1);
  const begin = Math.floor(from / step) * step;
  return { begin, step, count: Math.floor((to - begin) / step) + 1 };
}

/** Read a span from the address, such as `1764170000-1764170060`; null for what is none. */
export function readSpan(text: string): Span | null {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  const span = { from: Number(from), to: Number(to) };
  return span.from < span.to ? span : null;
}

export const writeSpan = (span: Span | null): string => (span === null ? "" : `${span.from}-${span.to}`);

const two = (value: number) => String(value).padStart(2, "0");

/** Write the local time of a tick: seconds only where it is not at a full minute, the day only where it begins. */
export function formatTick(at: number): string {
  const date = new Date(at * 1000);
  const minute = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (date.getSeconds() !== 0) return `${minute}:${two(date.getSeconds())}`;
  return minute === "00:00" ? `${two(date.getMonth() + 1)}-${two(date.getDate())}` : minute;
}

/** Write a span in the local time: `10:18:21 – 10:19:00`, with the day where that is another one than today's. */
export function formatSpan({ from, to }: Span, now: number): string {
  const [first, last, today] = [from, to, now].map((at) => new Date(at * 1000)) as [Date, Date, Date];
  const clock = (date: Date) => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const day = (date: Date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} `;
  const same = [first, last].every((date) => date.toDateString() === today.toDateString());
  return same
    ? `${clock(first)} – ${clock(last)}`
    : `${day(first)}${clock(first)} – ${day(last)}${clock(last)}`;
}
