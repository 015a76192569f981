import { expect, test } from "vitest";
import type { CallFilter, RecordedCall } from "~/lib/api/traffic";
import { CallBuffer, KEPT_CALLS, makeMatcher } from "./call-buffer";

const call = (id: number, change: Partial<RecordedCall> = {}): RecordedCall => ({
  id,
  parent: null,
  plugin: "kv",
  method: "KeyValue.Get",
  direction: "to-plugin",
  caller: null,
  instance: 0,
  pid: 1,
  started_at: id,
  duration: 0.01,
  outcome: "ok",
  error: null,
  request_bytes: 1,
  response_bytes: 1,
  items_in: 0,
  items_out: 0,
  is_streaming: false,
  ...change,
});

const filter = (change: Partial<CallFilter> = {}): CallFilter => ({
  plugin: "",
  method: "",
  outcome: "",
  caller: "",
  slower: "",
  ...change,
});

const ids = (buffer: CallBuffer) => buffer.getSnapshot().calls.map(({ id }) => id);

test("a call is there once and in its place, however it came", () => {
  const buffer = new CallBuffer();
  buffer.add([call(3), call(1)]);
  buffer.add([call(4), call(2), call(3)]);
  expect(ids(buffer)).toEqual([4, 3, 2, 1]);
});

test("an empty answer counts as one, and what is known changes nothing", () => {
  const buffer = new CallBuffer();
  expect(buffer.getSnapshot()).toEqual({ calls: [], isFilled: false });
  buffer.add([]);
  expect(buffer.getSnapshot()).toEqual({ calls: [], isFilled: true });
  buffer.add([call(1)]);
  const before = buffer.getSnapshot();
  buffer.add([call(1)]);
  expect(buffer.getSnapshot()).toBe(before);
});

test("what was forgotten is waited for again, also when the answer is empty", () => {
  const buffer = new CallBuffer();
  buffer.add([call(1)]);
  buffer.clear();
  expect(buffer.getSnapshot()).toEqual({ calls: [], isFilled: false });
  buffer.add([]);
  expect(buffer.getSnapshot()).toEqual({ calls: [], isFilled: true });
});

test("the oldest calls go when there are too many, and may come again", () => {
  const buffer = new CallBuffer();
  buffer.add(Array.from({ length: KEPT_CALLS }, (_, index) => call(index + 1)));
  buffer.add([call(KEPT_CALLS + 1)]);
  expect(ids(buffer).at(-1)).toBe(2);
  expect(ids(buffer)).toHaveLength(KEPT_CALLS);
});

test.each([
  [{ method: "KeyValue.*" }, true],
  [{ method: "KeyValue.Put" }, false],
  [{ outcome: "failed" }, false],
  [{ outcome: "ok" }, true],
  [{ slower: "10" }, true],
  [{ slower: "11" }, false],
  [{ caller: "report" }, false],
  [{ plugin: "kv" }, true],
] as const)("a filter lets through what the host would: %o", (change, expected) => {
  expect(makeMatcher(filter(change))(call(1))).toBe(expected);
});

test("all that is not ok has failed", () => {
  const matches = makeMatcher(filter({ outcome: "failed" }));
  expect(matches(call(1, { outcome: "cancelled" }))).toBe(true);
  expect(matches(call(1, { outcome: "call-failed" }))).toBe(true);
});
