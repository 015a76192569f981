import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));
const ENVIRONMENT = { ...process.env, POLYHOST_PLUGIN: "1" };

async function converse(chunks) {
  const child = spawn(process.execPath, [MAIN], { env: ENVIRONMENT, stdio: ["pipe", "pipe", "inherit"] });
  const messages = [];
  createInterface({ input: child.stdout }).on("line", (line) => messages.push(JSON.parse(line)));
  for (const chunk of chunks) {
    child.stdin.write(chunk);
    await new Promise(setImmediate);
  }
  child.stdin.end();
  const [code] = await once(child, "close");
  return { code, messages };
}

const line = (message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;

test("it says hello, answers every request once, and ends with its input", async () => {
  const { code, messages } = await converse([
    line({ method: "$/hello", params: { protocol: 1 } }),
    line({ id: 1, method: "$/ping", params: {} }) + line({ id: 3, method: "TextTools.ToHtml", params: { markdown: "*x*" } }),
    line({ id: 5, method: "Nobody.Knows", params: {} }),
    line({ id: 7, method: "TextTools.ToHtml", params: { markdown: 5 } }),
    line({ id: 9, method: "constructor", params: {} }),
  ]);
  assert.equal(code, 0);
  assert.equal(messages[0].method, "$/hello");
  assert.deepEqual(messages.slice(1, 3), [
    { jsonrpc: "2.0", id: 1, result: {} },
    { jsonrpc: "2.0", id: 3, result: { html: "<p><em>x</em></p>\n" } },
  ]);
  assert.deepEqual(messages.slice(3).map((message) => [message.id, message.error.code]), [[5, -32601], [7, -32602], [9, -32601]]);
});

test("any cut of the bytes gives the same messages, line separators of Unicode within a text too", async () => {
  const bytes = Buffer.from(line({ id: 1, method: "TextTools.Statistics", params: { text: "ü\u2028ö" } }));
  const { messages } = await converse([...bytes].map((byte) => Buffer.from([byte])));
  assert.equal(messages[1].result.words, 2);
});

test("an answer above the host's limit is an error, not a line that is too long", async () => {
  const { messages } = await converse([
    line({ method: "$/hello", params: { limits: { frame: 4096 } } }),
    line({ id: 1, method: "TextTools.ToHtml", params: { markdown: "x".repeat(5000) } }),
  ]);
  assert.equal(messages[1].error.code, 8);
});

test("a line that is no message ends it with status 1", async () => {
  const { code } = await converse(["nonsense\n"]);
  assert.equal(code, 1);
});

test("a person gets a help text and status 2; --describe prints the hello", () => {
  const { POLYHOST_PLUGIN: _, ...bare } = process.env;
  const help = spawnSync(process.execPath, [MAIN], { env: bare, encoding: "utf8" });
  assert.equal(help.status, 2);
  assert.match(help.stderr, /TextTools\.ToHtml/);
  const described = spawnSync(process.execPath, [MAIN, "--describe"], { env: ENVIRONMENT, encoding: "utf8" });
  assert.equal(JSON.parse(described.stdout).name, "text-node");
});
