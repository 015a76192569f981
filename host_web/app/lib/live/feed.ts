import type { Gap, HostEvent } from "../api/types";
import type { LiveStore } from "./store";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

const KINDS = [
  "host-started",
  "host-stopping",
  "plugin-discovered",
  "plugin-refused",
  "plugin-state-changed",
  "instance-state-changed",
  "plugin-exited",
  "plugin-wanted-changed",
  "plugin-reloaded",
  "plugin-reload-failed",
  "instance-recycled",
  "config-reloaded",
  "plugin-unloaded",
  "extension-failed",
] as const;

/** How long to wait before the next attempt; `random` is from 0 to 1 and keeps many consoles apart. */
export function pauseBefore(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
  return longest / 2 + (longest / 2) * random;
}

/** Keeps the one stream of events open, resumes it after the last event, and tells the store how it is. */
export class Feed {
  readonly #store: LiveStore;
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #running = false;

  constructor(store: LiveStore) {
    this.#store = store;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#store.setConnection("connecting");
    this.#open();
  }

  /** Stop reading; `start` goes on where it stopped. */
  pause(): void {
    this.#running = false;
    this.#close();
    this.#store.setConnection("paused");
  }

  /** Try again at once instead of waiting for the pause to end. */
  retry(): void {
    this.#attempt = 0;
    this.#close();
    if (this.#running) this.#open();
    else this.start();
  }

  #open(): void {
    const { run, sequence } = this.#store.getSnapshot().state;
    const after = run === null || sequence === 0 ? "" : `?after=${encodeURIComponent(`${run}-${sequence}`)}`;
    const source = new EventSource(`/api/events${after}`);
    this.#source = source;
    source.onopen = () => {
      this.#attempt = 0;
      this.#store.setConnection("live");
    };
    source.onerror = () => this.#lost();
    const receive = (message: MessageEvent<string>) =>
      this.#store.receive(JSON.parse(message.data) as HostEvent);
    for (const kind of KINDS) source.addEventListener(kind, receive);
    source.addEventListener("gap", (message: MessageEvent<string>) =>
      this.#store.receiveGap(JSON.parse(message.data) as Gap),
    );
  }

  #lost(): void {
    this.#close();
    if (!this.#running) return;
    this.#store.setConnection("reconnecting");
    this.#timer = setTimeout(() => this.#open(), pauseBefore(this.#attempt, Math.random()));
    this.#attempt += 1;
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }
}
