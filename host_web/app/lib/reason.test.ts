import { expect, test } from "vitest";
import { nextStart, withoutSubject } from "./reason";

test("a pause counts down to the time at which it ends", () => {
  const at = (now: number) => nextStart({ until: 1000 }, now);
  expect([at(820), at(992), at(998.2), at(1000.5)]).toEqual([
    "next start in 3 min",
    "next start in 8 s",
    "next start in 2 s",
    "next start now",
  ]);
});

test("what ends at no known time says nothing of it", () => {
  expect(nextStart({ until: null }, 0)).toBeNull();
});

test.each([
  ["kv: it ended", "it ended"],
  ["/srv/plugins/kv/plugin.toml:5, id: no", "plugin.toml:5, id: no"],
  ["kv-two: it ended", "kv-two: it ended"],
])("%s is told of kv as %s", (text, told) => {
  expect(withoutSubject(text, "kv")).toBe(told);
});
