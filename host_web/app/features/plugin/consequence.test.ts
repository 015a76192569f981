import { expect, test } from "vitest";
import { consequenceOf } from "./consequence";

test("what nobody requires is unloaded alone", () => {
  expect(consequenceOf("unload", [])).toBe("It is stopped and forgotten; its folder and its data stay.");
});

test("those that go along are counted, the one by its name", () => {
  expect(consequenceOf("unload", ["report"])).toMatch(
    /^report could not run without it, and is unloaded first/,
  );
  expect(consequenceOf("unload", ["mailer", "report"])).toMatch(
    /^2 plugins could not run without it, and are unloaded first/,
  );
});

test("a restart says that others come back, a stop that they may not", () => {
  expect(consequenceOf("restart", ["report"])).toContain(
    "it stops first, in this order, and is started again",
  );
  expect(consequenceOf("stop", ["mailer", "report"])).toContain("or go on without it");
  expect(consequenceOf("stop", [])).toContain("another provider");
});
