import { describe, expect, test } from "vitest";
import type { HostEvent, PluginSummary } from "../api/types";
import {
  applyEvent,
  applyEvents,
  applyGap,
  applyPlugins,
  applySnapshot,
  beginRun,
  EMPTY,
  KEPT_EVENTS,
  type LiveState,
} from "./state";

const plugin = (id: string, state: PluginSummary["state"] = "ready"): PluginSummary => ({
  id,
  version: "1.0.0",
  description: "",
  state,
  reason: { code: "ready", text: "", until: null },
  pid: 7,
  transport: "stdio",
  encoding: "json",
  provides: {},
  start: "eager",
  wanted: "running",
  waiting_for: [],
  restarts: 0,
  statistics: { calls: 0, errors: 0, total_seconds: 0, in_flight: 0, failures: {}, latencies: [] },
});

const event = (sequence: number, kind = "plugin-state-changed"): HostEvent => ({
  id: `run-${sequence}`,
  sequence,
  at: sequence,
  kind,
});

const started: LiveState = applySnapshot(beginRun(EMPTY, "run"), [plugin("a")]);

describe("events", () => {
  test("an event is kept after those before it", () => {
    const state = applyEvent(applyEvent(started, event(1)), event(2));
    expect(state.events.map((one) => one.sequence)).toEqual([1, 2]);
  });

  test("an event that is known already changes nothing", () => {
    const state = applyEvent(started, event(1));
    expect(applyEvent(state, event(1))).toBe(state);
    expect(applyEvents(state, [event(1)])).toBe(state);
  });

  test("many events at once are the same as one after the other", () => {
    const events = [event(1), event(2, "plugin-discovered"), event(3)];
    expect(applyEvents(started, events)).toEqual(events.reduce(applyEvent, started));
  });

  test("what the stream does not tell in full has the host asked again", () => {
    expect(applyEvent(started, event(1)).epoch).toBe(0);
    expect(applyEvent(started, event(1, "plugin-discovered")).epoch).toBe(1);
    expect(applyGap(started).epoch).toBe(1);
  });

  test("no more events are kept than the host keeps", () => {
    const many = Array.from({ length: KEPT_EVENTS + 5 }, (_, index) => event(index + 1));
    const one = many.reduce(applyEvent, started);
    expect(one.events).toHaveLength(KEPT_EVENTS);
    expect(one.events[0]?.sequence).toBe(6);
    expect(applyEvents(started, many).events).toEqual(one.events);
  });
});

describe("plugins", () => {
  test("a plugin that has changed takes the place of what was known", () => {
    const state = applyPlugins(started, [
      { kind: "plugin", last_event: "run-1", plugin: plugin("a", "failed") },
    ]);
    expect(state.plugins.get("a")?.state).toBe("failed");
    expect(started.plugins.get("a")?.state).toBe("ready");
  });

  test("a removed plugin is gone, and a snapshot replaces all", () => {
    const gone = applyPlugins(started, [{ kind: "removed", last_event: "run-1", id: "a" }]);
    expect(gone.plugins.size).toBe(0);
    const fresh = applyPlugins(started, [{ kind: "snapshot", last_event: "run-1", plugins: [plugin("b")] }]);
    expect([...fresh.plugins.keys()]).toEqual(["b"]);
  });
});

describe("runs", () => {
  test("another run keeps what is shown until the host has said what is, and has it asked", () => {
    const state = beginRun(applyEvent(started, event(1)), "next");
    expect(state).toMatchObject({ run: "next", events: [], epoch: 1 });
    expect(state.plugins.size).toBe(1);
  });

  test("the same run changes nothing", () => {
    expect(beginRun(started, "run")).toBe(started);
  });
});
