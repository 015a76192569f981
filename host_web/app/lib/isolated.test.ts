import { expect, test } from "vitest";
import { isolated } from "./isolated";

test("values without one beside them are found, also at the ends", () => {
  expect(isolated([])).toEqual([]);
  expect(isolated([3])).toEqual([0]);
  expect(isolated([0, null, 2, 3, undefined, 5, null])).toEqual([0, 5]);
  expect(isolated([1, 2, 3])).toEqual([]);
});
