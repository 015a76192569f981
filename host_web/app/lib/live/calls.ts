import type { ProblemBody } from "../api/types";
import { socket } from "./live";
import type { CallCarrier } from "./socket";

/** Items that the host may send before it waits for us to take them. */
const CREDIT = 256;

export interface CallRequest {
  plugin: string;
  method: string;
  params: unknown;
  timeout_ms?: number;
  /** Which way items go, seen from the plugin; only for a method that nothing describes. */
  stream?: StreamWays;
}

export type StreamWays = "in" | "out" | "both";

export interface Progress {
  progress: number;
  total?: number | null;
  message?: string | null;
}

export interface CallHandlers {
  opened?: (call: { takesItems: boolean; sendsItems: boolean }) => void;
  item?: (item: unknown) => void;
  progress?: (progress: Progress) => void;
  result: (result: unknown) => void;
  failed: (problem: ProblemBody) => void;
}

/** What can be done with a call under way. */
export interface LiveCall {
  /** Send an item; it waits here while the plugin has granted no credit. */
  send: (item: unknown) => void;
  /** Say that no more items will be sent. */
  end: () => void;
  /** Ask for its end; the outcome is told as a failure, unless it was under way. */
  cancel: () => void;
}

interface Message {
  type: string;
  id?: string;
  [member: string]: unknown;
}

interface OpenCall {
  handlers: CallHandlers;
  credit: number;
  taken: number;
  waiting: unknown[];
  ending: boolean;
}

const LOST: ProblemBody = {
  type: "urn:polyhost:problem:connection-lost",
  title: "The connection to the host was lost",
  status: 0,
  code: "connection-lost",
  detail: "The host cancels calls whose connection is gone. Whether the plugin had finished is not known.",
  hint: "make the call again if the method is idempotent, else look first at what it has done",
};

/** Keeps the calls of one websocket apart, and minds the credit of both sides. */
export class Calls implements CallCarrier {
  readonly #send: (message: object) => void;
  readonly #open = new Map<string, OpenCall>();

  constructor(send: (message: object) => void) {
    this.#send = send;
  }

  open(id: string, request: CallRequest, handlers: CallHandlers, connected: boolean): LiveCall {
    if (!connected) {
      queueMicrotask(() =>
        handlers.failed({ ...LOST, detail: "There is no connection to the host at this moment." }),
      );
      return { send: () => undefined, end: () => undefined, cancel: () => undefined };
    }
    this.#open.set(id, { handlers, credit: 0, taken: 0, waiting: [], ending: false });
    this.#send({ type: "call.open", id, ...request, credit: CREDIT });
    return {
      send: (item) => {
        this.#open.get(id)?.waiting.push(item);
        this.#pass(id);
      },
      end: () => {
        const call = this.#open.get(id);
        if (call !== undefined) call.ending = true;
        this.#pass(id);
      },
      cancel: () => {
        if (this.#open.has(id)) this.#send({ type: "call.cancel", id });
      },
    };
  }

  receive(message: Message): void {
    const id = message.id ?? "";
    const call = this.#open.get(id);
    if (call === undefined) return;
    const { handlers } = call;
    switch (message.type) {
      case "call.opened":
        handlers.opened?.({
          takesItems: message["takes_items"] === true,
          sendsItems: message["sends_items"] === true,
        });
        this.#grant(id, message["credit"] as number);
        break;
      case "call.credit":
        this.#grant(id, message["credit"] as number);
        break;
      case "call.item":
        this.#take(id, call);
        handlers.item?.(message["item"]);
        break;
      case "call.progress":
        handlers.progress?.(message as unknown as Progress);
        break;
      case "call.result":
        this.#open.delete(id);
        handlers.result(message["result"]);
        break;
      case "call.error":
        this.refuse(id, message["problem"] as ProblemBody);
        break;
    }
  }

  refuse(id: string, problem: ProblemBody): void {
    const call = this.#open.get(id);
    this.#open.delete(id);
    call?.handlers.failed(problem);
  }

  /** Tell all calls that their connection is gone. */
  lose(): void {
    for (const id of [...this.#open.keys()]) this.refuse(id, LOST);
  }

  #grant(id: string, credit: number): void {
    const call = this.#open.get(id);
    if (call !== undefined) call.credit += credit;
    this.#pass(id);
  }

  #pass(id: string): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    while (call.credit > 0 && call.waiting.length > 0) {
      call.credit -= 1;
      this.#send({ type: "call.send", id, item: call.waiting.shift() });
    }
    if (!call.ending || call.waiting.length > 0) return;
    call.ending = false;
    this.#send({ type: "call.end", id });
  }

  /** Grant as much as was taken, half a window at a time. */
  #take(id: string, call: OpenCall): void {
    call.taken += 1;
    if (call.taken < CREDIT / 2) return;
    this.#send({ type: "call.credit", id, credit: call.taken });
    call.taken = 0;
  }
}

// The first page makes no calls: it is the page that does which brings this along.
const calls = new Calls((message) => socket.send(message));
socket.carry(calls);
let nextId = 1;

/** Make a call over the live connection; it ends with exactly one of the handlers' `result` and `failed`. */
export function makeCall(request: CallRequest, handlers: CallHandlers): LiveCall {
  return calls.open(`c${nextId++}`, request, handlers, socket.isOpen);
}
