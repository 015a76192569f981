import { expect, test } from "vitest";
import { inheritedOf, withInherited } from "./inherited";

const schema = {
  type: "object",
  properties: {
    greeting: { type: "string" },
    retries: { type: "integer", default: 3 },
    storage: { type: "object", properties: { bucket: { type: "string" } } },
  },
};

test("the host's configuration wins over the manifest, table by table", () => {
  const manifest = { greeting: "Hello", storage: { bucket: "a", region: "b" } };
  expect(inheritedOf({ manifest, host: { storage: { bucket: "c" } } })).toEqual({
    greeting: "Hello",
    storage: { bucket: "c", region: "b" },
  });
});

test("what is inherited is the default of its field, and of no other", () => {
  expect(withInherited(schema, { greeting: "Hello", storage: { bucket: "c" } })).toEqual({
    type: "object",
    properties: {
      greeting: { type: "string", default: "Hello" },
      retries: { type: "integer", default: 3 },
      storage: { type: "object", properties: { bucket: { type: "string", default: "c" } } },
    },
  });
});
