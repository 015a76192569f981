import { createInterface } from "node:readline";

const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");

const methods = {
  "Words.Count": ({ text }) => ({ words: text.split(/\s+/).filter(Boolean).length }),
};

send({
  method: "$/hello",
  params: { protocol: [1, 1], name: "words", version: "1.0.0", interfaces: { Words: "1.0" } },
});

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue; // a notification
  if (!Object.hasOwn(methods, method)) {
    send({ id, error: { code: -32601, message: `no method ${method}` } });
    continue;
  }
  try {
    send({ id, result: methods[method](params) });
  } catch (error) {
    send({ id, error: { code: 13, message: String(error) } });
  }
}
