import { expect, test } from "vitest";
import { PLUGIN_STATES, type PluginState } from "./api/types";
import { commandsFor, compareByNeed, needsAttention, STATUS, statusOf } from "./status";

test("no two states look alike in the order or have the same word", () => {
  expect(new Set(Object.values(STATUS).map((status) => status.need)).size).toBe(PLUGIN_STATES.length);
  expect(new Set(Object.values(STATUS).map((status) => status.label)).size).toBe(PLUGIN_STATES.length);
});

test("what needs somebody comes first", () => {
  const fleet = PLUGIN_STATES.map((state) => ({ id: state, state })).sort(compareByNeed);
  expect(fleet.slice(0, 4).every(needsAttention)).toBe(true);
  expect(fleet.slice(4).some(needsAttention)).toBe(false);
});

test("a state of a newer host is shown as unknown, with something to do", () => {
  const newer = "hibernating" as PluginState;
  expect(statusOf(newer).label).toBe("Unknown");
  expect(commandsFor(newer).length).toBeGreaterThan(0);
});
