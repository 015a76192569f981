import { expect, test } from "vitest";
import { PLUGIN_STATES, type PluginState } from "./api/types";
import { commandsFor, compareByNeed, needsAttention, STATUS, statusOf, whyOf } from "./status";

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
  expect(commandsFor({ state: newer, transport: "stdio" }).length).toBeGreaterThan(0);
});

test("a plugin whose manifest the host refused can only be read again", () => {
  expect(commandsFor({ state: "failed", transport: "" })).toEqual(["reload"]);
  expect(commandsFor({ state: "failed", transport: "stdio" })[0]).toBe("restart");
});

test("a reason is a sentence that does not repeat whose it is", () => {
  const why = (text: string) => whyOf({ id: "kv", reason: { code: "any", text, until: null } });
  expect(why("its process ended with exit status 1")).toBe("Its process ended with exit status 1");
  expect(why("kv: its process ended")).toBe("Its process ended");
  expect(why("kv requires Mail ^2.0")).toBe("Requires Mail ^2.0");
  expect(why("/srv/plugins/kv/plugin.toml:3, runtimee: not known")).toBe(
    "plugin.toml:3, runtimee: not known",
  );
});
