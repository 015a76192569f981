import { expect, test } from "vitest";
import { pauseLeft, reasonText } from "./reason";

const pause = {
  code: "exited",
  text: "it ended with 1; next start in 8.0 s (restart 3 of 5 in 60 s)",
  until: 1000,
};

test("a pause counts down in the sentence that tells of it", () => {
  expect(reasonText(pause, 992)).toBe("it ended with 1; next start in 8 s (restart 3 of 5 in 60 s)");
  expect(reasonText(pause, 998.2)).toBe("it ended with 1; next start in 2 s (restart 3 of 5 in 60 s)");
  expect(reasonText(pause, 1000.5)).toBe("it ended with 1; next start now (restart 3 of 5 in 60 s)");
});

test("a clock that is behind that of the host makes no pause longer", () => {
  expect(reasonText(pause, 400)).toContain("next start in 8 s");
});

test("a sentence of an extension without a pause gets one", () => {
  expect(reasonText({ ...pause, text: "the moon is wrong" }, 820)).toBe("the moon is wrong (in 3 min)");
});

test("what is left of a pause can be said alone", () => {
  expect(pauseLeft(pause, 995)).toBe("in 5 s");
  expect(pauseLeft(pause, 1001)).toBe("now");
  expect(pauseLeft({ ...pause, until: null }, 995)).toBeNull();
});

test("what ends at no known time stays as it is", () => {
  expect(reasonText({ ...pause, until: null }, 0)).toBe(pause.text);
});
