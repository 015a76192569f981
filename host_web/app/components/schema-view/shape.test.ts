import { expect, test } from "vitest";
import { shapeOf, signatureOf } from "./shape";

const type = (schema: unknown) => shapeOf(schema).type;

test.each([
  [{ type: "string" }, "string"],
  [{ enum: ["C", "F"] }, '"C" | "F"'],
  [{ const: 1 }, "1"],
  [{ type: ["string", "null"] }, "string | null"],
  [{ type: "array", items: { type: "integer" } }, "integer[]"],
  [{ type: "array", items: { enum: ["a", "b"] } }, '("a" | "b")[]'],
  [{ type: "object", additionalProperties: { type: "number" } }, "map of number"],
  [{ type: "object", additionalProperties: false }, "nothing"],
  [{ "x-binary": true }, "bytes"],
  [{}, "anything"],
  [true, "anything"],
] as const)("%o is written as %s", (schema, text) => {
  expect(type(schema)).toBe(text);
});

test("references are followed, and what stands beside them wins", () => {
  const schema = {
    type: "object",
    required: ["key"],
    properties: {
      key: { $ref: "#/$defs/Key", description: "which one" },
      limit: { type: "integer", minimum: 1 },
    },
    $defs: { Key: { type: "string", minLength: 1, description: "A key." } },
  };
  const { fields } = shapeOf(schema);
  expect(fields[0]).toMatchObject({
    name: "key",
    required: true,
    shape: { type: "string", description: "which one", rules: ["at least 1 character"] },
  });
  expect(fields[1]).toMatchObject({ required: false, shape: { rules: ["≥ 1"] } });
  expect(signatureOf(shapeOf(schema))).toBe("{key: string, limit?: integer}");
});

test("a schema that refers to itself ends", () => {
  const tree = { type: "object", properties: { left: { $ref: "#" } } };
  expect(JSON.stringify(shapeOf(tree))).toContain("left");
  expect(shapeOf({ $ref: "#" }).type).toBe("anything");
});

test("alternatives are named, and those with fields are told in full", () => {
  const shape = shapeOf({
    oneOf: [{ type: "null" }, { type: "object", properties: { a: { type: "string" } } }],
  });
  expect(shape.type).toBe("null | object");
  expect(shape.variants).toHaveLength(1);
});
