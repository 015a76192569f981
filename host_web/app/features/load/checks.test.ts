import { expect, test } from "vitest";
import type { Inspection } from "~/lib/api/loading";
import { checksOf, mayLoad } from "./checks";

const found = (change: Partial<Inspection> = {}): Inspection => ({
  id: "kv",
  version: "1.4.0",
  description: "",
  transport: "stdio",
  runs: ["python", "main.py"],
  builds: null,
  provides: { KeyValue: "1.4" },
  requires_interfaces: {},
  requires_plugins: {},
  unmet: [],
  variables: [],
  start: "eager",
  instances: 1,
  memory: null,
  folder: null,
  files: 6,
  bytes: 20_480,
  archive_sha256: "00",
  digest: "sha256:00",
  archive_signer: null,
  verification: { mode: "off", outcome: "off", detail: "", digest: null, signer: null, at: 0 },
  may_start: true,
  loaded_version: null,
  ...change,
});

const result = (change: Partial<Inspection>, name: string) =>
  checksOf(found(change)).find((check) => check.name === name);

test("a plugin without faults may be loaded", () => {
  expect(mayLoad(found())).toBe(true);
  expect(result({}, "Files")?.text).toContain("6 files, 20 KiB");
});

test("a plugin of this id that is there already would be replaced", () => {
  const check = result({ loaded_version: "1.3.0" }, "Id");
  expect(check).toMatchObject({
    result: "note",
    text: "kv is loaded already, in version 1.3.0. This one would take its place; no call is lost.",
  });
  expect(mayLoad(found({ loaded_version: "1.4.0" }))).toBe(true);
});

test("files for which nobody vouches stop it only where the host insists", () => {
  const verification = {
    mode: "warn",
    outcome: "unlocked",
    detail: "nobody",
    digest: null,
    signer: null,
    at: 0,
  } as const;
  expect(result({ verification }, "Origin")?.result).toBe("note");
  expect(result({ verification, may_start: false }, "Origin")?.result).toBe("stop");
});

test("what it needs and is not there is said, and stops nothing", () => {
  const unmet = [
    "it requires A ^1.0, and no plugin provides it",
    "it requires the plugin b *, and it is not loaded",
  ];
  expect(result({ unmet }, "Requirements")).toMatchObject({
    result: "note",
    text: "It would wait: it requires A ^1.0, and no plugin provides it; it requires the plugin b *, and it is not loaded.",
  });
});
