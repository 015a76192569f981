import type { Inspection } from "~/lib/api/loading";
import { formatBytes } from "~/lib/time";
import { markOf } from "~/lib/verification";

/** How a check came out; `stop` means that the host would not load it. */
export type Result = "passed" | "note" | "stop";

export interface Check {
  name: string;
  result: Result;
  text: string;
}

/** Say what the host has found out about a plugin without running any of it. */
export function checksOf(found: Inspection): Check[] {
  return [filesCheck(found), readCheck(found), verificationCheck(found), needsCheck(found), freeCheck(found)];
}

/** Say whether the host would load it. */
export function mayLoad(found: Inspection): boolean {
  return checksOf(found).every((check) => check.result !== "stop");
}

function filesCheck({ folder, files, bytes }: Inspection): Check {
  const name = "Files";
  if (folder !== null) return { name, result: "passed", text: `They are in ${folder} and stay there.` };
  const size = bytes === null ? "" : `, ${formatBytes(bytes)}`;
  return {
    name,
    result: "passed",
    text: `${files} ${files === 1 ? "file" : "files"}${size}. No links, and none leads out of the folder.`,
  };
}

function readCheck({ provides }: Inspection): Check {
  const interfaces = Object.keys(provides).length;
  const what =
    interfaces === 0
      ? "The manifest is right; which methods there are, the plugin says when it runs."
      : `The manifest and ${interfaces === 1 ? "its interface" : `its ${interfaces} interfaces`} are right.`;
  return { name: "Manifest", result: "passed", text: what };
}

function verificationCheck({ verification, may_start, archive_signer }: Inspection): Check {
  const name = "Origin";
  const signed = archive_signer === null ? "" : ` ${archive_signer} has signed the archive.`;
  if (verification.outcome === "off") {
    return { name, result: "note", text: `This host does not verify what it loads.${signed}` };
  }
  const text = `${markOf(verification).label}: ${verification.detail}${signed}`;
  const good = verification.outcome === "verified";
  return { name, result: good ? "passed" : may_start ? "note" : "stop", text };
}

function needsCheck({ unmet, requires_interfaces, requires_plugins }: Inspection): Check {
  const name = "Requirements";
  if (unmet.length > 0) {
    const [first = "", ...rest] = unmet.map((one) => one.replace(/^it requires/, "requires"));
    return { name, result: "note", text: `It would wait: it ${[first, ...rest].join("; it ")}.` };
  }
  const needs = Object.keys(requires_interfaces).length + Object.keys(requires_plugins).length;
  return { name, result: "passed", text: needs === 0 ? "It requires nothing." : "All it requires is here." };
}

function freeCheck({ id, version, loaded_version }: Inspection): Check {
  const name = "Id";
  if (loaded_version === null) return { name, result: "passed", text: `No other plugin is called ${id}.` };
  const which = loaded_version === version ? "in this version" : `in version ${loaded_version}`;
  return {
    name,
    result: "note",
    text: `${id} is loaded already, ${which}. This one would take its place; no call is lost.`,
  };
}
