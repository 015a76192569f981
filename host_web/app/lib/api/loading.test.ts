import { expect, test } from "vitest";
import { readArchive, readSignature } from "./loading";

const file = (text: string, name = "x") =>
  new File([Uint8Array.from(text, (letter) => letter.charCodeAt(0))], name);

test.each([
  ["PK\x03\x04", "application/zip"],
  ["\x1f\x8b\x08", "application/gzip"],
  [`${"\0".repeat(257)}ustar`, "application/x-tar"],
])("an archive is known by what it begins with, not by its name", async (text, type) => {
  expect((await readArchive(file(text, "plugin.bin")))?.type).toBe(type);
});

test("what is no archive is told apart", async () => {
  expect(await readArchive(file("id = 1", "plugin.zip"))).toBe(null);
  expect(await readArchive(file(""))).toBe(null);
});

test("a signature is sent in base64", async () => {
  expect(await readSignature(file("untrusted comment: x\n"))).toBe(btoa("untrusted comment: x\n"));
});
