import { expect, test } from "vitest";
import { KeyReader } from "./keyboard";

const names = new Set(["/", "g p", "g t", "p"]);

test("one key is a shortcut of its own", () => {
  expect(new KeyReader().read("/", names, 0)).toBe("/");
});

test("two keys in time are a pair, and the second is then none of its own", () => {
  const reader = new KeyReader();
  expect(reader.read("g", names, 0)).toBeNull();
  expect(reader.read("p", names, 500)).toBe("g p");
});

test("two keys far apart are no pair", () => {
  const reader = new KeyReader();
  reader.read("g", names, 0);
  expect(reader.read("p", names, 5000)).toBe("p");
});

test("a key that belongs to no pair ends it", () => {
  const reader = new KeyReader();
  reader.read("g", names, 0);
  expect(reader.read("z", names, 100)).toBeNull();
  expect(reader.read("t", names, 200)).toBeNull();
});
