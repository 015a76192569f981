import { expect, test } from "vitest";
import { fittingOption, optionLabels } from "./options";

test("options are called by their titles, else by what they are, and no two alike", () => {
  expect(
    optionLabels([
      { title: "By name", type: "string" },
      { type: "string" },
      { type: "integer" },
      { type: "null" },
      { type: "object", properties: { kind: { const: "file" }, path: { type: "string" } } },
      { properties: { a: {} } },
      { type: "string", minLength: 3 },
      { const: 7 },
      { type: ["number", "null"] },
    ]),
  ).toEqual(["By name", "text 1", "whole number", "null", "file", "object", "text 2", "7", "number or null"]);
});

test("a value fits the option of its type, and tells unions apart by their constants", () => {
  const text = { type: "string" };
  const file = { type: "object", required: ["kind"], properties: { kind: { const: "file" } } };
  const address = { type: "object", required: ["kind"], properties: { kind: { const: "url" } } };
  const any = {};
  const options = [any, text, file, address];
  expect(fittingOption(options, "x")).toBe(text);
  expect(fittingOption(options, { kind: "url" })).toBe(address);
  expect(fittingOption(options, 7)).toBe(any);
  expect(fittingOption([text, file], 7)).toBeUndefined();
});
