import { expect, test, vi } from "vitest";
import {
  formatAgo,
  formatBytes,
  formatDuration,
  formatLatency,
  formatNumber,
  formatPercent,
  formatRate,
  hostNow,
  tellHostTime,
} from "./time";

test.each([
  [0.00042, "0 ms"],
  [0.0042, "4.2 ms"],
  [0.25, "250 ms"],
  [1.25, "1.3 s"],
  [42.9, "42 s"],
  [250, "4 min 10 s"],
  [240, "4 min"],
  [11_100, "3 h 5 min"],
  [183_600, "2 d 3 h"],
  [Number.NaN, "–"],
])("%d seconds are written as %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [99, "just now"],
  [88, "12 s ago"],
  [-3500, "1 h ago"],
])("%d is told at 100 as %s", (at, text) => {
  expect(formatAgo(at, 100)).toBe(text);
});

test("bytes have binary units and three digits", () => {
  expect([0, 512, 1536, 14_675_968].map(formatBytes)).toEqual(["0 B", "512 B", "1.50 KiB", "14.0 MiB"]);
  expect([4 * 1024 * 1024, 20 * 1024].map(formatBytes)).toEqual(["4 MiB", "20 KiB"]);
});

test("numbers have the digits that mean something", () => {
  expect([0, 0.4213, 8.14, 230.4, 12_400].map(formatNumber)).toEqual(["0", "0.42", "8.1", "230", "12,400"]);
});

test.each([
  [0, "0 ms"],
  [0.00042, "0.42 ms"],
  [0.000_005, "<0.01 ms"],
  [0.000_95, "0.95 ms"],
  [0.0063, "6.3 ms"],
  [0.004, "4.0 ms"],
  [2.5, "2.5 s"],
])("a call that took %d s is shown as %s", (seconds, text) => {
  expect(formatLatency(seconds)).toBe(text);
});

test("rates and parts have as many digits as can be measured", () => {
  expect([0, 0.01, 0.99, 5.44, 1234].map(formatRate)).toEqual(["0", "<0.1", "1", "5.4", "1,234"]);
  expect([0, 0.0042, 0.37].map(formatPercent)).toEqual(["0 %", "0.4 %", "37 %"]);
});

test("the time is the host's, and a message that was long under way does not change it", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
  tellHostTime(1600);
  expect(hostNow()).toBe(1600);
  vi.setSystemTime(1_030_000);
  tellHostTime(1602);
  expect(hostNow()).toBeCloseTo(1630, 0);
  tellHostTime(1640);
  expect(hostNow()).toBe(1640);
  vi.useRealTimers();
});
