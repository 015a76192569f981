import { expect, test } from "vitest";
import { coverOf, formatSpan, formatTick, readSpan, stepFor, writeSpan } from "./spans";

const local = (hour: number, minute: number, second = 0, day = 26) =>
  new Date(2026, 10, day, hour, minute, second).getTime() / 1000;

test("a step is one that people count in, and no more of them than there is room for", () => {
  expect([5, 90, 91, 3600, 86_400, 40 * 86_400].map((seconds) => stepFor(seconds, 90))).toEqual([
    1, 1, 2, 60, 1800, 43_200,
  ]);
  expect(stepFor(1e9, 90)).toBe(129 * 86_400);
});

test("steps begin at whole multiples and reach beyond the end", () => {
  expect(coverOf({ from: 1003, to: 1100 }, 20)).toEqual({ begin: 1000, step: 10, count: 11 });
  const { begin, step, count } = coverOf({ from: 999.9, to: 1090 }, 10);
  expect(begin).toBeLessThanOrEqual(999.9);
  expect(begin + step * count).toBeGreaterThan(1090);
  expect(count).toBeLessThanOrEqual(10);
  expect(coverOf({ from: 1000, to: 1000 }, 10).count).toBe(1);
});

test("a span is read from the address as it is written there, and what is none is none", () => {
  const span = { from: 1_764_170_000, to: 1_764_170_060 };
  expect(readSpan(writeSpan(span))).toEqual(span);
  expect(["", "x", "5-5", "9-3", "1-2-3"].map(readSpan)).toEqual([null, null, null, null, null]);
  expect(writeSpan(null)).toBe("");
});

test("a tick has the seconds or the day where they say something", () => {
  expect([local(10, 5), local(10, 5, 30), local(0, 0)].map(formatTick)).toEqual([
    "10:05",
    "10:05:30",
    "11-26",
  ]);
});

test("a span of another day says so", () => {
  const span = { from: local(10, 5), to: local(10, 6) };
  expect(formatSpan(span, local(12, 0))).toBe("10:05:00 – 10:06:00");
  expect(formatSpan(span, local(12, 0, 0, 27))).toBe("2026-11-26 10:05:00 – 2026-11-26 10:06:00");
});
