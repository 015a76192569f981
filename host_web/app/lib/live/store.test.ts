import { expect, test, vi } from "vitest";
import { pauseBefore } from "./feed";
import { LiveStore } from "./store";

const event = (sequence: number) => ({
  id: `run-${sequence}`,
  sequence,
  at: sequence,
  kind: "host-stopping",
});

test("events of one frame are told at once", () => {
  const frames: (() => void)[] = [];
  const store = new LiveStore((callback) => frames.push(callback));
  const told = vi.fn();
  store.subscribe(told);
  for (let sequence = 1; sequence <= 100; sequence += 1) store.receive(event(sequence));
  expect(told).not.toHaveBeenCalled();
  expect(frames).toHaveLength(1);
  frames[0]?.();
  expect(told).toHaveBeenCalledOnce();
  expect(store.getSnapshot().state.sequence).toBe(100);
});

test("a snapshot comes after the events that have arrived before it", () => {
  const store = new LiveStore(() => undefined);
  store.setPlugins({ run: "run", plugins: [], asOf: 1 });
  store.receive(event(2));
  store.setPlugins({ run: "run", plugins: [], asOf: 2 });
  expect(store.getSnapshot().state.events).toHaveLength(1);
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
