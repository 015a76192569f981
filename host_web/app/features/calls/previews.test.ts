import { expect, test } from "vitest";
import { previewsOf } from "./previews";

test("the schema says what a text is", () => {
  const schema = {
    properties: { page: { contentMediaType: "text/html" }, notes: { contentMediaType: "text/markdown" } },
  };
  expect(previewsOf({ page: "hello", notes: "# hi", other: "x" }, schema).map(({ kind }) => kind)).toEqual([
    "html",
    "markdown",
  ]);
});

test("a value shows what it is where no schema says so", () => {
  expect(previewsOf({ html: "<p>hi</p>" }, null)[0]?.kind).toBe("html");
  expect(previewsOf({ html: "no tags" }, null)).toEqual([]);
});

test("bytes that begin like a picture are one, others are a file of some size", () => {
  expect(previewsOf({ icon: { $bytes: "iVBORw0KGgoAAA==" } }, null)[0]).toMatchObject({ kind: "image" });
  expect(previewsOf({ data: { $bytes: "aGk=" } }, null)[0]).toMatchObject({ kind: "bytes", size: 2 });
});

test("what is no object has no parts", () => {
  expect(previewsOf([1, 2], null)).toEqual([]);
});
