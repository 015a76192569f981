import { expect, test } from "vitest";
import type { Method } from "./method-card";
import { providedBy } from "./plugin-interfaces";

const method = (name: string) => ({ name }) as Method;

test("methods stand with their interface, interfaces by name", () => {
  const methods = [method("Notes.Add"), method("Clock.Now"), method("Notes.List")];
  const found = providedBy({ provides: { Notes: "2.1", Clock: "1.0" }, methods });
  expect(found).toEqual([
    { name: "Clock", version: "1.0", methods: [methods[1]] },
    { name: "Notes", version: "2.1", methods: [methods[0], methods[2]] },
  ]);
});

test("an interface with dots in its name has its own methods and no others", () => {
  const methods = [method("notes.v1.Notes.Add"), method("notes.v1.Clock.Now")];
  const found = providedBy({ provides: { "notes.v1.Notes": "1.0" }, methods });
  expect(found).toEqual([
    { name: "notes.v1.Notes", version: "1.0", methods: [methods[0]] },
    { name: null, version: null, methods: [methods[1]] },
  ]);
});

test("an interface that nothing describes is named all the same", () => {
  expect(providedBy({ provides: { Notes: "1.0" }, methods: [] })).toEqual([
    { name: "Notes", version: "1.0", methods: [] },
  ]);
});
