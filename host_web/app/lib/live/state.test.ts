import { describe, expect, test } from "vitest";
import type { HostEvent, PluginSummary } from "../api/types";
import {
  applyEvent,
  applyGap,
  applyHistory,
  applyPlugins,
  EMPTY,
  KEPT_EVENTS,
  type LiveState,
} from "./state";

const plugin = (id: string, change: Partial<PluginSummary> = {}): PluginSummary => ({
  id,
  version: "1.0.0",
  description: "",
  state: "ready",
  reason: { code: "ready", text: "" },
  pid: 7,
  transport: "stdio",
  encoding: "json",
  provides: {},
  start: "eager",
  wanted: "running",
  waiting_for: [],
  restarts: 0,
  statistics: { calls: 0, errors: 0, total_seconds: 0 },
  ...change,
});

const event = (sequence: number, kind: string, change: Partial<HostEvent> = {}): HostEvent => ({
  id: `run-${sequence}`,
  sequence,
  at: sequence,
  kind,
  ...change,
});

const changed = (sequence: number, state: PluginSummary["state"]) =>
  event(sequence, "plugin-state-changed", { plugin: "a", new: state, reason: { code: state, text: "why" } });

const started = (asOf = 10): LiveState => applyPlugins(EMPTY, { run: "run", plugins: [plugin("a")], asOf });

describe("events", () => {
  test("a change of state reaches the plugin with its reason", () => {
    const state = applyEvent(started(), changed(11, "failed"));
    expect(state.plugins.get("a")).toMatchObject({ state: "failed", reason: { text: "why" } });
    expect(state.sequence).toBe(11);
  });

  test("an event that is known already changes nothing", () => {
    const state = started();
    expect(applyEvent(state, changed(10, "failed"))).toBe(state);
  });

  test("an unloaded plugin is gone", () => {
    expect(applyEvent(started(), event(11, "plugin-unloaded", { plugin: "a" })).plugins.size).toBe(0);
  });

  test("a hole in the sequence and what events do not tell in full have the host asked again", () => {
    expect(applyEvent(started(), changed(11, "ready")).epoch).toBe(0);
    expect(applyEvent(started(), changed(13, "ready")).epoch).toBe(1);
    expect(applyEvent(started(), event(11, "plugin-discovered", { plugin: "b" })).epoch).toBe(1);
  });

  test("no more events are kept than the host keeps", () => {
    let state = started(0);
    for (let sequence = 1; sequence <= KEPT_EVENTS + 5; sequence += 1)
      state = applyEvent(state, changed(sequence, "ready"));
    expect(state.events).toHaveLength(KEPT_EVENTS);
    expect(state.events[0]?.sequence).toBe(6);
  });
});

describe("snapshots", () => {
  test("an event that overtakes the snapshot wins over it", () => {
    const live = applyEvent(applyEvent(started(10), changed(11, "stopping")), changed(12, "stopped"));
    const state = applyPlugins(live, { run: "run", plugins: [plugin("a", { state: "stopping" })], asOf: 11 });
    expect(state.plugins.get("a")?.state).toBe("stopped");
  });

  test("a snapshot of another run begins anew", () => {
    const state = applyPlugins(applyEvent(started(), changed(11, "failed")), {
      run: "next",
      plugins: [],
      asOf: 3,
    });
    expect(state).toMatchObject({ run: "next", sequence: 3, events: [] });
  });

  test("history goes before what is known, once", () => {
    const live = applyEvent(started(10), changed(11, "ready"));
    const state = applyHistory(live, "run", [changed(9, "starting"), changed(11, "ready")]);
    expect(state.events.map((one) => one.sequence)).toEqual([9, 11]);
    expect(applyHistory(state, "run", [changed(9, "starting")])).toBe(state);
  });
});

describe("gaps", () => {
  test("missed events have the host asked again", () => {
    const state = applyGap(started(10), { reason: "missed", run: "run", first: 11, last: 20 });
    expect(state).toMatchObject({ sequence: 20, epoch: 1 });
  });

  test("another run keeps what is shown until the host has answered", () => {
    const state = applyGap(started(10), { reason: "other-run", run: "next" });
    expect(state).toMatchObject({ run: "next", sequence: 0, epoch: 1 });
    expect(state.plugins.size).toBe(1);
  });
});
