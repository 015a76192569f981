import { expect, test } from "vitest";
import type { Dependency, Topology } from "~/lib/api/types";
import { arrowsOf, place } from "./layout";

const needs = (dependent: string, provider: string | null, change: Partial<Dependency> = {}): Dependency => ({
  dependent,
  kind: "interface",
  name: "KeyValue",
  range: "^1.0",
  optional: false,
  on_loss: "restart",
  provider,
  version: null,
  candidates: [],
  ...change,
});

const plugin = (id: string): Topology["plugins"][number] => ({
  id,
  version: "1.0.0",
  state: "ready",
  reason: { code: "ready", text: "", until: null },
  start: "eager",
  wanted: "running",
  wave: 0,
  waiting_for: [],
});

const topology = (dependencies: Dependency[], ...ids: string[]): Topology => ({
  waves: [],
  plugins: ids.map(plugin),
  dependencies,
  problems: {},
});

test("all that a plugin requires of another is one arrow", () => {
  const [arrow, ...rest] = arrowsOf([
    needs("report", "kv"),
    needs("report", "kv", { kind: "plugin", name: "kv", range: ">=1", optional: true }),
  ]);
  expect(rest).toEqual([]);
  expect(arrow).toMatchObject({ labels: ["KeyValue ^1.0", ">=1"], optional: false, unmet: false });
});

test("what is required stands left of those who require it", () => {
  const { nodes } = place(topology([needs("report", "kv"), needs("mail", "report")], "kv", "report", "mail"));
  const x = (id: string) => nodes.find((node) => node.id === id)?.x ?? Number.NaN;
  expect(x("kv")).toBeLessThan(x("report"));
  expect(x("report")).toBeLessThan(x("mail"));
});

test("what nobody provides is shown as a hole", () => {
  const { nodes, arrows } = place(topology([needs("report", null)], "report"));
  expect(nodes.find((node) => node.kind === "hole")).toMatchObject({ name: "KeyValue", range: "^1.0" });
  expect(arrows[0]?.unmet).toBe(true);
});

test("plugins without ties stand in rows, none upon another", () => {
  const ids = Array.from({ length: 30 }, (_, index) => `p${index}`);
  const { nodes } = place(topology([], ...ids));
  expect(new Set(nodes.map(({ x, y }) => `${x} ${y}`)).size).toBe(30);
  expect(new Set(nodes.map(({ y }) => y)).size).toBeLessThan(10);
});
