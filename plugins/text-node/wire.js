// The plugin protocol as lines of JSON, as far as a plugin without features needs it: docs/protocol/ describes it.
import { Console } from "node:console";

// What is printed must not get between the messages: console writes to stderr from here on.
globalThis.console = new Console(process.stderr, process.stderr);

const DEFAULT_FRAME_LIMIT = 4 * 1024 * 1024; // until the host's hello says otherwise
const LINE_FEED = 0x0a;

export const Code = Object.freeze({
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
  RESOURCE_EXHAUSTED: 8,
  INTERNAL: 13,
});

/** What a method throws to answer with an error of its own. */
export class PluginError extends Error {
  constructor(message, { code = Code.INTERNAL, name, data } = {}) {
    super(message);
    this.answer = { code, ...(name && { name }), message, ...(data !== undefined && { data }) };
  }
}

/** Yields the whole lines of a stream as buffers. Only a line feed ends a line: a text may hold U+2028 and its like. */
async function* lines(stream) {
  let parts = [];
  for await (const chunk of stream) {
    let begin = 0;
    for (let end; (end = chunk.indexOf(LINE_FEED, begin)) >= 0; begin = end + 1) {
      parts.push(chunk.subarray(begin, end));
      yield parts.length === 1 ? parts[0] : Buffer.concat(parts);
      parts = [];
    }
    if (begin < chunk.length) parts.push(chunk.subarray(begin));
  }
}

function decode(line) {
  const message = JSON.parse(line.toString("utf8"));
  if (message?.jsonrpc !== "2.0") throw new Error('it has no "jsonrpc": "2.0"');
  return message;
}

async function answer(methods, request) {
  const { method, params = {} } = request;
  if (method === "$/ping" || method === "$/shutdown") return { result: {} };
  if (!Object.hasOwn(methods, method)) {
    return { error: { code: Code.METHOD_NOT_FOUND, message: `no method ${method}` } };
  }
  try {
    return { result: await methods[method](params) };
  } catch (error) {
    if (error instanceof PluginError) return { error: error.answer };
    console.error(error);
    return { error: { code: Code.INTERNAL, message: `${error?.name}: ${error?.message}` } };
  }
}

function encode(id, outcome, limit) {
  const line = JSON.stringify({ jsonrpc: "2.0", id, ...outcome });
  const size = Buffer.byteLength(line);
  if (size <= limit) return line;
  const message = `the answer has ${size} bytes, the host takes at most ${limit}`;
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code: Code.RESOURCE_EXHAUSTED, message } });
}

/**
 * Says hello, then answers requests one after the other until the input ends.
 *
 * @param {{name: string, version: string, interfaces: Record<string, string>}} plugin who it is
 * @param {Record<string, (params: object) => object | Promise<object>>} methods by `Interface.Method`
 */
export async function serve(plugin, methods) {
  const hello = { protocol: [1, 1], ...plugin };
  if (process.argv.includes("--describe")) {
    process.stdout.write(`${JSON.stringify(hello)}\n`);
    return;
  }
  if (process.env.POLYHOST_PLUGIN !== "1") {
    console.error(
      `${plugin.name} ${plugin.version} is a plugin: a program that a Polyhost host starts and calls.\n` +
        `It has these methods:\n${Object.keys(methods).map((name) => `  ${name}\n`).join("")}` +
        "To try it, run `polyhost check` with its folder.",
    );
    process.exitCode = 2;
    return;
  }
  process.stdout.on("error", () => process.exit(0)); // the host has gone
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", method: "$/hello", params: hello })}\n`);
  let limit = DEFAULT_FRAME_LIMIT;
  for await (const line of lines(process.stdin)) {
    let message;
    try {
      message = decode(line);
    } catch (error) {
      console.error(`the host sent a line that is no message: ${error.message}`);
      process.exitCode = 1;
      break;
    }
    if (message.method === "$/hello") limit = message.params?.limits?.frame ?? limit;
    if (message.id === undefined) continue; // a notification
    process.stdout.write(`${encode(message.id, await answer(methods, message), limit)}\n`);
  }
  process.stdin.destroy();
}
