import { expect, test, vi } from "vitest";
import { pauseAfterRefusal, pauseBefore } from "./socket";
import type { Sample } from "./state";
import { LiveStore } from "./store";

const event = (sequence: number) => ({
  id: `run-${sequence}`,
  sequence,
  at: sequence,
  kind: "host-stopping",
});
const sample = (at: number, ...ids: string[]) => ({
  at,
  seconds: 1,
  plugins: Object.fromEntries(ids.map((id) => [id, { calls: at } as Sample])),
});

test("what arrives within a frame is told at once", () => {
  const frames: (() => void)[] = [];
  const store = new LiveStore((callback) => frames.push(callback));
  const told = vi.fn();
  store.subscribe(told);
  for (let sequence = 1; sequence <= 100; sequence += 1) store.receiveEvents([event(sequence)]);
  expect(told).not.toHaveBeenCalled();
  expect(frames).toHaveLength(1);
  frames[0]?.();
  expect(told).toHaveBeenCalledOnce();
  expect(store.getSnapshot().state.events).toHaveLength(100);
});

test("of the figures of several seconds, the latest are kept, and those of a plugin that is gone not at all", () => {
  const store = new LiveStore(() => undefined);
  store.receiveMetrics([sample(1, "a", "b"), sample(2, "a")]);
  store.flush();
  expect([...store.getSnapshot().state.figures]).toEqual([["a", { calls: 2 }]]);
});

test("the time of the loss is that of the first failure", () => {
  const store = new LiveStore(() => undefined);
  store.setConnection("reconnecting");
  const { lostAt } = store.getSnapshot();
  store.setConnection("reconnecting");
  expect(store.getSnapshot().lostAt).toBe(lostAt);
  store.setConnection("live");
  expect(store.getSnapshot().lostAt).toBeNull();
});

test("pauses grow up to a limit and never come to nothing", () => {
  expect(pauseBefore(0, 0)).toBe(250);
  expect(pauseBefore(0, 1)).toBe(500);
  expect(pauseBefore(30, 1)).toBe(10_000);
});

test("after a refusal the pause is about half a minute", () => {
  expect(pauseAfterRefusal(0)).toBe(22_500);
  expect(pauseAfterRefusal(1)).toBe(37_500);
});

test("why the stream is refused is told while it is away, and no longer", () => {
  const store = new LiveStore(() => undefined);
  const refusal = {
    type: "",
    title: "Too many",
    status: 429,
    code: "streams-exceeded",
    detail: "32 are open.",
  };
  store.setConnection("reconnecting");
  store.setRefusal(refusal);
  expect(store.getSnapshot().refusal).toEqual(refusal);
  store.setConnection("reconnecting");
  expect(store.getSnapshot().refusal).toEqual(refusal);
  store.setConnection("live");
  store.setRefusal(refusal); // an answer that has come late
  expect(store.getSnapshot().refusal).toBeNull();
});
