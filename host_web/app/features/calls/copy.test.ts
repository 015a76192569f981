import { expect, test } from "vitest";
import { asCli, asCurl, asPython, type CallToCopy, shellQuote, toPython } from "./copy";

const call: CallToCopy = {
  origin: "http://127.0.0.1:8080",
  plugin: "kv-python",
  method: "KeyValue.Put",
  params: { key: "a", value: "it's" },
  items: null,
  stream: null,
  sendsItems: false,
  needsToken: false,
};

test("a word is quoted only when a shell would take it apart", () => {
  expect(shellQuote("kv-python")).toBe("kv-python");
  expect(shellQuote("it's $HOME")).toBe(`'it'\\''s $HOME'`);
});

test("curl gets the body as one word", () => {
  expect(asCurl(call)).toBe(
    `curl -s http://127.0.0.1:8080/api/plugins/kv-python/call \\\n    -H 'Content-Type: application/json' \\\n    -d '{"method":"KeyValue.Put","params":{"key":"a","value":"it'\\''s"}}'`,
  );
});

test("curl reads a stream line by line", () => {
  expect(asCurl({ ...call, sendsItems: true })).toContain("curl -sN");
  expect(asCurl({ ...call, sendsItems: true })).toContain("Accept: application/x-ndjson");
});

test("the command line gets the params as one JSON object, and no word for none", () => {
  expect(asCli(call)).toBe(`polyhost call kv-python KeyValue.Put '{"key":"a","value":"it'\\''s"}'`);
  expect(asCli({ ...call, params: {} })).toBe("polyhost call kv-python KeyValue.Put");
});

test("the command line gets items from its input", () => {
  expect(asCli({ ...call, params: {}, items: [1, { a: 2 }] })).toBe(
    `printf '%s\\n' 1 '{"a":2}' | polyhost call kv-python KeyValue.Put --items -`,
  );
});

test("a stream that nothing describes is named wherever the call is made", () => {
  const streamed: CallToCopy = {
    ...call,
    params: {},
    method: "Bare.Count",
    items: [1],
    stream: "both",
    sendsItems: true,
  };
  const body = '{"method":"Bare.Count","params":{},"items":[1],"stream":"both"}';
  expect(asCurl(streamed)).toContain(`-d '${body}'`);
  expect(asCurl(streamed)).toContain("Accept: application/x-ndjson");
  expect(asCli(streamed)).toBe(
    "printf '%s\\n' 1 | polyhost call kv-python Bare.Count --stream both --items -",
  );
  expect(asPython(streamed)).toContain('"items": [1], "stream": "both"}');
});

test("Python gets literals of its own", () => {
  expect(toPython({ a: [true, null, 'quo"te', 1.5] })).toBe('{"a": [True, None, "quo\\"te", 1.5]}');
  expect(asPython(call)).toContain(
    'body = {"method": "KeyValue.Put", "params": {"key": "a", "value": "it\'s"}}',
  );
});

test("where the host asks who calls, the token is read from the environment", () => {
  const secured = { ...call, needsToken: true };
  expect(asCurl(secured)).toContain('-H "Authorization: Bearer $POLYHOST_TOKEN"');
  expect(asPython(secured)).toContain(`"Authorization": f"Bearer {os.environ['POLYHOST_TOKEN']}"`);
  expect(asPython(secured)).toContain("import os\n");
});

test("the command line is told where the host is, unless it looks there anyway", () => {
  expect(asCli({ ...call, origin: "https://hub.example.org" })).toContain("--server https://hub.example.org");
  expect(asCli(call)).not.toContain("--server");
});
