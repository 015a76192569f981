import type { StreamWays } from "~/lib/live/calls";

/** What is needed to make a call again, somewhere else. */
export interface CallToCopy {
  origin: string;
  plugin: string;
  method: string;
  params: unknown;
  items: readonly unknown[] | null;
  /** Which way items go with a method that nothing describes; null for none, and for one that is described. */
  stream: StreamWays | null;
  /** Whether items come back. */
  sendsItems: boolean;
  /** Whether the host asks who calls; the token itself is never copied. */
  needsToken: boolean;
}

/** Where a command looks for the host when nobody says where it is. */
const DEFAULT_ORIGIN = "http://127.0.0.1:8080";

const bodyOf = ({ method, params, items, stream }: CallToCopy) => ({
  method,
  params,
  ...(items ? { items } : {}),
  ...(stream ? { stream } : {}),
});

/** Quote a word for a POSIX shell, if it needs that. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function asCurl(call: CallToCopy): string {
  const address = `${call.origin}/api/plugins/${encodeURIComponent(call.plugin)}/call`;
  return [
    `curl -s${call.sendsItems ? "N" : ""} ${shellQuote(address)}`,
    "-H 'Content-Type: application/json'",
    ...(call.sendsItems ? ["-H 'Accept: application/x-ndjson'"] : []),
    ...(call.needsToken ? ['-H "Authorization: Bearer $POLYHOST_TOKEN"'] : []),
    `-d ${shellQuote(JSON.stringify(bodyOf(call)))}`,
  ].join(" \\\n    ");
}

export function asCli(call: CallToCopy): string {
  const words = ["polyhost", "call", shellQuote(call.plugin), shellQuote(call.method)];
  const params = JSON.stringify(call.params);
  if (params !== "{}") words.push(shellQuote(params));
  if (call.origin !== DEFAULT_ORIGIN) words.push("--server", shellQuote(call.origin));
  if (call.stream !== null) words.push("--stream", call.stream);
  if (call.items === null) return words.join(" ");
  const lines = call.items.map((item) => shellQuote(JSON.stringify(item))).join(" ");
  return `printf '%s\\n' ${lines} | ${words.join(" ")} --items -`;
}

export function asPython(call: CallToCopy): string {
  const address = JSON.stringify(`${call.origin}/api/plugins/${encodeURIComponent(call.plugin)}/call`);
  const accept = call.sendsItems ? ', "Accept": "application/x-ndjson"' : "";
  const token = call.needsToken ? ', "Authorization": f"Bearer {os.environ[\'POLYHOST_TOKEN\']}"' : "";
  return [
    "import json",
    ...(call.needsToken ? ["import os"] : []),
    "from urllib.request import Request, urlopen",
    "",
    `body = ${toPython(bodyOf(call))}`,
    `headers = {"Content-Type": "application/json"${accept}${token}}`,
    `with urlopen(Request(${address}, json.dumps(body).encode(), headers)) as answer:`,
    ...(call.sendsItems
      ? ["    for line in answer:", "        print(json.loads(line))"]
      : ["    print(json.load(answer))"]),
    "",
  ].join("\n");
}

/** Write a JSON value as a Python literal. */
export function toPython(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(toPython).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}: ${toPython(one)}`)
      .join(", ")}}`;
  }
  return JSON.stringify(value);
}
