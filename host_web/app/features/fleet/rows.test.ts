import { expect, test } from "vitest";
import type { PluginState, PluginSummary } from "~/lib/api/types";
import type { Sample } from "~/lib/live/state";
import { keepOrder, type Row, readSort, rowsOf, totalsOf, type View } from "./rows";

const plugin = (id: string, state: PluginState, calls = 0): PluginSummary => ({
  id,
  version: "1.0.0",
  description: `The ${id}`,
  state,
  reason: { code: state, text: "because", until: null },
  pid: null,
  transport: "stdio",
  encoding: null,
  provides: { KeyValue: "1.4" },
  start: "eager",
  wanted: "running",
  waiting_for: [],
  restarts: 0,
  statistics: { calls, errors: 0, total_seconds: calls * 0.1, in_flight: 0, failures: {}, latencies: [] },
});

const fleet = [plugin("b", "ready", 5), plugin("a", "ready"), plugin("c", "failed", 2)];
const view = (change: Partial<View> = {}): View => ({
  query: "",
  show: "",
  sort: "need",
  descending: false,
  ...change,
});
const ids = (rows: readonly Row[]) => rows.map((row) => row.plugin.id);
const figures = new Map([
  ["b", { calls_per_second: 5 } as Sample],
  ["c", { calls_per_second: 2 } as Sample],
]);
const shown = (change: Partial<View> = {}) => ids(rowsOf(fleet, figures, view(change)));

test("the fleet is sorted by need, then by name", () => {
  expect(shown()).toEqual(["c", "a", "b"]);
});

test("numbers are sorted from the top, and the same ones by need", () => {
  expect(shown({ sort: "rate", descending: true })).toEqual(["b", "c", "a"]);
});

test("each word of the filter must be somewhere", () => {
  expect(shown({ query: "keyvalue FAILED" })).toEqual(["c"]);
  expect(shown({ query: "keyvalue nothing" })).toEqual([]);
});

test("one state, or all that needs attention, can be shown alone", () => {
  expect(shown({ show: "ready" })).toEqual(["a", "b"]);
  expect(shown({ show: "attention" })).toEqual(["c"]);
});

test("a sort that is none is the order by need", () => {
  expect(readSort("-rate")).toEqual({ sort: "rate", descending: true });
  expect(readSort("-nonsense")).toEqual({ sort: "need", descending: false });
});

test("rows that are pointed at stay where they are, and new ones come last", () => {
  const rows = [plugin("new", "failed"), plugin("c", "ready"), plugin("a", "failed")].map((one) => ({
    plugin: one,
    figures: undefined,
  }));
  expect(ids(keepOrder(rows, ["a", "gone", "c"]))).toEqual(["a", "c", "new"]);
});

test("what all plugins do is added up, and what is not measured counts as nothing", () => {
  const one = { calls_per_second: 5, errors_per_second: 1, cpu: 0.5, rss_bytes: 10 } as Sample;
  const other = { calls_per_second: 2, errors_per_second: 0, cpu: null, rss_bytes: null } as Sample;
  expect(totalsOf([one, other])).toEqual({ calls: 7, errors: 1, cpu: 0.5, rss_bytes: 10 });
  expect(totalsOf([other])).toEqual({ calls: 2, errors: 0, cpu: null, rss_bytes: null });
});
