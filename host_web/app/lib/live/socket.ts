import type { ProblemBody } from "../api/types";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** What makes the host refuse a websocket, such as a limit, does not change within seconds. */
const REFUSED_PAUSE_MS = 30_000;
/** The host says something every 15 s; twice that without a word means that the line is dead. */
const SILENCE_MS = 35_000;
/** Codes with which the host ends the connection for good: coming back would change nothing. */
const SESSION_ENDED = 4001;

/** How the console is connected with the host. `paused` is the person's own wish. */
export type Connection = "connecting" | "live" | "reconnecting" | "paused" | "signed-out";

export interface Hello {
  version: string;
  run: string;
  started_at: number;
  last_event: string;
  caller: { name: string; scope: string };
  topics: string[];
}

export interface Gap {
  reason: "missed" | "other-run" | "not-kept";
  missed?: number;
}

/** What a subscription tells its owner; `Item` is what its topic sends. */
export interface TopicHandlers<Item> {
  items: (items: readonly Item[]) => void;
  gap?: (gap: Gap) => void;
  /** Nothing more can come, such as the log of a plugin that was unloaded. */
  ended?: () => void;
  /** The host refuses the subscription. */
  refused?: (problem: ProblemBody) => void;
}

interface Subscription {
  id: string;
  topic: string;
  filter: Record<string, unknown>;
  cursor: string | null;
  handlers: TopicHandlers<never>;
}

interface ServerMessage {
  type: string;
  id?: string;
  cursor?: string;
  [member: string]: unknown;
}

/** How long to wait before the next attempt; `random` is from 0 to 1 and keeps many consoles apart. */
export function pauseBefore(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
  return longest / 2 + (longest / 2) * random;
}

/** How long to wait after the host has said why it takes no websocket; `random` as above. */
export function pauseAfterRefusal(random: number): number {
  return REFUSED_PAUSE_MS * (0.75 + random / 2);
}

/** Takes what the host says of calls, for a page on which they can be made. */
export interface CallCarrier {
  receive: (message: { type: string; id?: string }) => void;
  refuse: (id: string, problem: ProblemBody) => void;
  /** The connection is gone, and all calls with it. */
  lose: () => void;
}

interface Owner {
  connection: (connection: Connection) => void;
  hello: (hello: Hello) => void;
}

/**
 * Is the one websocket of the page: it comes back when it is lost, resumes each subscription after the last that it
 * got, and carries calls. docs/reference/live.md describes what is said.
 */
export class LiveSocket {
  readonly #owner: Owner;
  readonly #subscriptions = new Map<string, Subscription>();
  #calls: CallCarrier | null = null;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #nextId = 1;
  #running = false;
  #open = false;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#owner.connection("connecting");
    this.#connect();
  }

  /** Stop reading; `start` goes on after what was read last. Calls under way are cancelled. */
  pause(): void {
    this.#running = false;
    this.#disconnect();
    this.#owner.connection("paused");
  }

  /** End for good: nobody is signed in any more, and coming back would change nothing. */
  signOut(): void {
    this.#running = false;
    this.#disconnect();
    this.#owner.connection("signed-out");
  }

  /** Try again at once instead of waiting for the pause to end. */
  retry(): void {
    this.#attempt = 0;
    if (!this.#running) {
      this.start();
      return;
    }
    this.#disconnect();
    this.#connect();
  }

  /** Wait longer before the next attempt: the host has said why it takes no websocket. */
  holdOff(): void {
    // An attempt under way is refused, or is not; only a pause can be made longer.
    if (!this.#running || this.#socket !== null) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), pauseAfterRefusal(Math.random()));
  }

  /** Hear of a topic until the returned function is called, across lost connections. */
  subscribe<Item>(
    topic: string,
    filter: Record<string, unknown>,
    handlers: TopicHandlers<Item>,
    after: string | null = null,
  ): () => void {
    const id = `s${this.#nextId++}`;
    const subscription = { id, topic, filter, cursor: after, handlers: handlers as TopicHandlers<never> };
    this.#subscriptions.set(id, subscription);
    if (this.#open) this.#subscribe(subscription);
    return () => {
      if (this.#subscriptions.delete(id) && this.#open) this.send({ type: "unsubscribe", id });
    };
  }

  /** Say whether calls can be made. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Carry calls, too: what is said of them goes to the carrier. */
  carry(calls: CallCarrier): void {
    this.#calls = calls;
  }

  /** Send a message if there is a connection. */
  send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #connect(): void {
    const socket = new WebSocket(
      `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/live`,
    );
    this.#socket = socket;
    socket.onmessage = (message: MessageEvent<string>) => {
      if (socket === this.#socket) this.#receive(JSON.parse(message.data) as ServerMessage);
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    };
    this.#watch();
  }

  #disconnect(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    socket?.close();
    this.#calls?.lose();
  }

  #lost(code?: number): void {
    this.#disconnect();
    if (!this.#running) return;
    if (code === SESSION_ENDED) {
      this.signOut();
      return;
    }
    this.#owner.connection("reconnecting");
    this.#timer = setTimeout(() => this.#connect(), pauseBefore(this.#attempt, Math.random()));
    this.#attempt += 1;
  }

  #watch(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), SILENCE_MS);
  }

  #subscribe({ id, topic, filter, cursor }: Subscription): void {
    // The topic `plugins` has no filter and begins with a picture; each other one goes on after what is known.
    const resumes = cursor !== null && topic !== "plugins" && topic !== "metrics";
    const wanted = Object.keys(filter).length > 0 ? { filter } : {};
    this.send({ type: "subscribe", id, topic, ...wanted, ...(resumes ? { after: cursor } : {}) });
  }

  #receive(message: ServerMessage): void {
    this.#watch();
    if (message.type === "hello") {
      this.#attempt = 0;
      this.#open = true;
      this.#owner.hello(message as unknown as Hello);
      for (const subscription of this.#subscriptions.values()) this.#subscribe(subscription);
      this.#owner.connection("live");
      return;
    }
    if (message.type.startsWith("call.")) {
      this.#calls?.receive(message);
      return;
    }
    if (message.type === "error") {
      this.#refused(message);
      return;
    }
    const subscription = message.id === undefined ? undefined : this.#subscriptions.get(message.id);
    if (subscription !== undefined) this.#tell(subscription, message);
  }

  #tell(subscription: Subscription, message: ServerMessage): void {
    if (message.cursor !== undefined) subscription.cursor = message.cursor;
    switch (message.type) {
      case "items":
        subscription.handlers.items(message["items"] as never[]);
        break;
      case "gap":
        subscription.handlers.gap?.(message as unknown as Gap);
        break;
      case "unsubscribed":
        this.#subscriptions.delete(subscription.id);
        subscription.handlers.ended?.();
        break;
    }
  }

  #refused(message: ServerMessage): void {
    const problem = message["problem"] as ProblemBody;
    const id = message.id ?? "";
    if (String(message["about"]).startsWith("call.")) {
      this.#calls?.refuse(id, problem);
      return;
    }
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined || message["about"] !== "subscribe") return;
    this.#subscriptions.delete(id);
    subscription.handlers.refused?.(problem);
  }
}
