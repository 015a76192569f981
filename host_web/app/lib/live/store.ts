import type { Gap, HostEvent, PluginSummary } from "../api/types";
import { applyEvent, applyGap, applyHistory, applyPlugins, EMPTY, type LiveState } from "./state";

/** How the console is connected with the host. `paused` is the person's own wish. */
export type Connection = "connecting" | "live" | "reconnecting" | "paused";

export interface LiveSnapshot {
  readonly state: LiveState;
  readonly connection: Connection;
  /** When the stream broke, in milliseconds since 1970; null while it is well. */
  readonly lostAt: number | null;
}

/** Calls back once, soon; a frame of the browser where there is one. */
export type Schedule = (callback: () => void) => void;

/**
 * Holds the live state for `useSyncExternalStore`.
 *
 * Events that arrive in one frame are told to the readers at once: a hundred a second cost no more than sixty.
 */
export class LiveStore {
  #snapshot: LiveSnapshot = { state: EMPTY, connection: "connecting", lostAt: null };
  #listeners = new Set<() => void>();
  #waiting: HostEvent[] = [];
  #scheduled = false;
  readonly #schedule: Schedule;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): LiveSnapshot => this.#snapshot;

  /** Take an event of the stream; it is applied with the next frame. */
  receive(event: HostEvent): void {
    this.#waiting.push(event);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => this.flush());
  }

  /** Apply what has arrived now. */
  flush(): void {
    this.#scheduled = false;
    if (this.#waiting.length === 0) return;
    const events = this.#waiting;
    this.#waiting = [];
    this.#set({ state: events.reduce(applyEvent, this.#snapshot.state) });
  }

  receiveGap(gap: Gap): void {
    this.flush();
    this.#set({ state: applyGap(this.#snapshot.state, gap) });
  }

  setPlugins(snapshot: { run: string; plugins: readonly PluginSummary[]; asOf: number }): void {
    this.flush();
    this.#set({ state: applyPlugins(this.#snapshot.state, snapshot) });
  }

  addHistory(run: string, events: readonly HostEvent[]): void {
    this.flush();
    this.#set({ state: applyHistory(this.#snapshot.state, run, events) });
  }

  setConnection(connection: Connection): void {
    if (connection === this.#snapshot.connection) return;
    const lostAt = connection === "reconnecting" ? (this.#snapshot.lostAt ?? Date.now()) : null;
    this.#set({ connection, lostAt });
  }

  #set(change: Partial<LiveSnapshot>): void {
    const next = { ...this.#snapshot, ...change };
    if (next.state === this.#snapshot.state && next.connection === this.#snapshot.connection) return;
    this.#snapshot = next;
    for (const listener of this.#listeners) listener();
  }
}
