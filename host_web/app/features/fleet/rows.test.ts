import { expect, test } from "vitest";
import type { PluginState, PluginSummary } from "~/lib/api/types";
import { keepOrder, readSort, rowsOf, type View } from "./rows";

const plugin = (id: string, state: PluginState, calls = 0): PluginSummary => ({
  id,
  version: "1.0.0",
  description: `The ${id}`,
  state,
  reason: { code: state, text: "because" },
  pid: null,
  transport: "stdio",
  encoding: null,
  provides: { KeyValue: "1.4" },
  start: "eager",
  wanted: "running",
  waiting_for: [],
  restarts: 0,
  statistics: { calls, errors: 0, total_seconds: calls * 0.1 },
});

const fleet = [plugin("b", "ready", 5), plugin("a", "ready"), plugin("c", "failed", 2)];
const view = (change: Partial<View> = {}): View => ({
  query: "",
  show: "",
  sort: "need",
  descending: false,
  ...change,
});
const ids = (rows: PluginSummary[]) => rows.map((row) => row.id);

test("the fleet is sorted by need, then by name", () => {
  expect(ids(rowsOf(fleet, view()))).toEqual(["c", "a", "b"]);
});

test("numbers are sorted from the top, and the same ones by need", () => {
  expect(ids(rowsOf(fleet, view({ sort: "calls", descending: true })))).toEqual(["b", "c", "a"]);
});

test("each word of the filter must be somewhere", () => {
  expect(ids(rowsOf(fleet, view({ query: "keyvalue FAILED" })))).toEqual(["c"]);
  expect(ids(rowsOf(fleet, view({ query: "keyvalue nothing" })))).toEqual([]);
});

test("one state, or all that needs attention, can be shown alone", () => {
  expect(ids(rowsOf(fleet, view({ show: "ready" })))).toEqual(["a", "b"]);
  expect(ids(rowsOf(fleet, view({ show: "attention" })))).toEqual(["c"]);
});

test("a sort that is none is the order by need", () => {
  expect(readSort("-calls")).toEqual({ sort: "calls", descending: true });
  expect(readSort("-nonsense")).toEqual({ sort: "need", descending: false });
});

test("rows that are pointed at stay where they are, and new ones come last", () => {
  const rows = [plugin("new", "failed"), plugin("c", "ready"), plugin("a", "failed")];
  expect(ids(keepOrder(rows, ["a", "gone", "c"]))).toEqual(["a", "c", "new"]);
});
