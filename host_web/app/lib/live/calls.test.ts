import { expect, test, vi } from "vitest";
import { Calls } from "./calls";

const handlers = () => ({
  opened: vi.fn(),
  item: vi.fn(),
  progress: vi.fn(),
  result: vi.fn(),
  failed: vi.fn(),
});
const request = { plugin: "kv", method: "KeyValue.PutMany", params: {} };

function start() {
  const sent: Record<string, unknown>[] = [];
  const calls = new Calls((message) => sent.push(message as Record<string, unknown>));
  const told = handlers();
  const call = calls.open("c1", request, told, true);
  return { calls, sent, told, call, types: () => sent.map((message) => message["type"]) };
}

test("items wait until the plugin has granted credit, and the end comes after them", () => {
  const { calls, call, types } = start();
  for (const item of [1, 2, 3]) call.send(item);
  call.end();
  expect(types()).toEqual(["call.open"]);
  calls.receive({ type: "call.opened", id: "c1", takes_items: true, sends_items: false, credit: 2 });
  expect(types()).toEqual(["call.open", "call.send", "call.send"]);
  calls.receive({ type: "call.credit", id: "c1", credit: 5 });
  expect(types().slice(3)).toEqual(["call.send", "call.end"]);
});

test("credit is granted anew before it is used up", () => {
  const { calls, sent, told } = start();
  for (let number = 0; number < 128; number += 1)
    calls.receive({ type: "call.item", id: "c1", item: number });
  expect(told.item).toHaveBeenCalledTimes(128);
  expect(sent.at(-1)).toEqual({ type: "call.credit", id: "c1", credit: 128 });
});

test("a call has one outcome", () => {
  const { calls, told } = start();
  calls.receive({ type: "call.result", id: "c1", result: { count: 1 } });
  calls.lose();
  expect(told.result).toHaveBeenCalledWith({ count: 1 });
  expect(told.failed).not.toHaveBeenCalled();
});

test("a lost connection is the outcome of all calls, and says that more is not known", () => {
  const { calls, told } = start();
  calls.lose();
  expect(told.failed).toHaveBeenCalledWith(expect.objectContaining({ code: "connection-lost" }));
});

test("without a connection a call fails and nothing is sent", async () => {
  const send = vi.fn();
  const told = handlers();
  new Calls(send).open("c1", request, told, false);
  await Promise.resolve();
  expect(told.failed).toHaveBeenCalledOnce();
  expect(send).not.toHaveBeenCalled();
});
