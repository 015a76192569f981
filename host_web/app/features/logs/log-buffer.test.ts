import { expect, test } from "vitest";
import type { LogLine } from "~/lib/api/types";
import { fieldsText, isMissing, KEPT_LINES, LogBuffer, makeMatcher } from "./log-buffer";

const line = (sequence: number, change: Partial<LogLine> = {}): LogLine => ({
  sequence,
  at: sequence,
  plugin: "a",
  instance: 0,
  source: "stderr",
  level: "info",
  message: `line ${sequence}`,
  logger: null,
  fields: {},
  ...change,
});

test("a line that has come already is left out", () => {
  const buffer = new LogBuffer();
  buffer.add([line(1), line(2)]);
  buffer.add([line(2), line(3)]);
  expect(buffer.getSnapshot().shown.map((one) => one.sequence)).toEqual([1, 2, 3]);
});

test("a hole is marked with how much is missing, whatever the filter", () => {
  const buffer = new LogBuffer();
  buffer.setFilter({ level: "error", query: "" });
  buffer.add([line(1), line(7, { level: "error" })]);
  const { shown } = buffer.getSnapshot();
  expect(shown[0]).toEqual({ sequence: 6, missing: 5 });
  expect(shown.filter((one) => !isMissing(one))).toHaveLength(1);
});

test("a filter holds for lines that were there and for those that come", () => {
  const buffer = new LogBuffer();
  buffer.add([line(1, { level: "debug" }), line(2, { level: "warn" })]);
  buffer.setFilter({ level: "warn", query: "" });
  buffer.add([line(3), line(4, { level: "fatal" })]);
  expect(buffer.getSnapshot().shown.map((one) => one.sequence)).toEqual([2, 4]);
  expect(buffer.getSnapshot().total).toBe(4);
});

test("a filter finds words in the message, the logger and the fields, in any order", () => {
  const matches = makeMatcher({ level: "", query: "db 42" });
  expect(matches(line(1, { logger: "db.pool", fields: { rows: 42 } }))).toBe(true);
  expect(matches(line(1, { message: "no rows" }))).toBe(false);
});

test("the oldest lines go when there are too many", () => {
  const buffer = new LogBuffer();
  buffer.add(Array.from({ length: KEPT_LINES + 10_001 }, (_, index) => line(index + 1)));
  expect(buffer.getSnapshot().total).toBe(KEPT_LINES);
  expect(buffer.getSnapshot().shown[0]?.sequence).toBe(10_002);
});

test("fields are written as key and value", () => {
  expect(fieldsText(line(1, { fields: { id: "x", rows: [1] } }))).toBe("id=x rows=[1]");
});
