import { describe, expect, test } from "vitest";
import { BYTES, JSON_TEXT } from "./formats";
import { exampleOf, fromFormData, markBytes, markJson, toFormData, toFormSchema } from "./schema";

const schema = {
  type: "object",
  required: ["data"],
  properties: {
    data: { "x-binary": true, description: "Any bytes." },
    value: { description: "Any value." },
    extra: { type: "object" },
    names: { type: "array", items: { $ref: "#/$defs/Name" } },
    blobs: { type: "object", additionalProperties: { "x-binary": true } },
  },
  $defs: { Name: { type: "string", default: "x" } },
};

describe("the schema of a form", () => {
  const made = toFormSchema(schema) as { properties: Record<string, Record<string, unknown>> };

  test("binary data is a file, and what may be anything is JSON", () => {
    expect(made.properties["data"]).toEqual({ type: "string", format: BYTES, description: "Any bytes." });
    expect(made.properties["value"]).toMatchObject({ format: JSON_TEXT });
    expect(made.properties["extra"]).toMatchObject({ format: JSON_TEXT });
    expect(made.properties["blobs"]).toMatchObject({ additionalProperties: { format: BYTES } });
  });

  test("everything else stays as it is", () => {
    expect(made.properties["names"]).toEqual(schema.properties.names);
  });
});

describe("the data of a form", () => {
  const value = {
    data: { $bytes: "aGk=" },
    value: [1, { a: null }],
    names: ["x"],
    blobs: { one: { $bytes: "" } },
  };

  test("there and back again", () => {
    const made = toFormSchema(schema);
    const data = toFormData(value, made) as Record<string, unknown>;
    expect(data["data"]).toBe(markBytes("aGk="));
    expect(data["value"]).toBe(markJson(JSON.stringify([1, { a: null }], null, 2)));
    expect(fromFormData(data)).toEqual(value);
  });

  test("what is empty is left out", () => {
    expect(fromFormData({ a: undefined, b: "" })).toEqual({ b: "" });
    expect(markJson("  ")).toBeUndefined();
  });

  test("a text that is no JSON stays a text, so that the host can say what is wrong with it", () => {
    expect(fromFormData(markJson("{oops"))).toBe("{oops");
  });
});

test("a form begins with the defaults", () => {
  expect(exampleOf({ type: "object", properties: { a: { default: 3 }, b: { type: "string" } } })).toEqual({
    a: 3,
  });
  expect(exampleOf({ examples: [{ b: 1 }] })).toEqual({ b: 1 });
  expect(exampleOf(null)).toEqual({});
});

test("what an option of a choice takes as JSON or bytes is marked as everywhere else", () => {
  const schema = toFormSchema({
    type: "object",
    properties: {
      source: {
        oneOf: [
          { type: "string" },
          { type: "object", required: ["raw"], properties: { raw: { "x-binary": true }, extra: {} } },
        ],
      },
    },
  });
  const value = { source: { raw: { $bytes: "aGk=" }, extra: [1] } };
  const data = toFormData(value, schema) as { source: Record<string, unknown> };
  expect(data.source["extra"]).toBe(markJson("[\n  1\n]"));
  expect(fromFormData(data)).toEqual(value);
  expect(toFormData({ source: "text" }, schema)).toEqual({ source: "text" });
});
