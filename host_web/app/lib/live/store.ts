import type { HostEvent, PluginSummary, ProblemBody } from "../api/types";
import { hostNow, tellHostTime } from "../time";
import type { Connection, Hello } from "./socket";
import {
  applyEvents,
  applyGap,
  applyMetrics,
  applyPlugins,
  applySnapshot,
  beginRun,
  EMPTY,
  type LiveState,
  type MetricsItem,
  type PluginItem,
} from "./state";

export interface LiveSnapshot {
  readonly state: LiveState;
  readonly connection: Connection;
  /** When the stream broke, in seconds since 1970; null while it is well. */
  readonly lostAt: number | null;
  /** Why the host takes no websocket of this page; null where it would take one, and where that is not known. */
  readonly refusal: ProblemBody | null;
  readonly caller: Hello["caller"] | null;
}

/** Calls back once, soon; a frame of the browser where there is one. */
export type Schedule = (callback: () => void) => void;

type Change = (state: LiveState) => LiveState;

/**
 * Holds the live state for `useSyncExternalStore`.
 *
 * What arrives within one frame is told to the readers at once: a thousand changes a second cost no more than sixty.
 */
export class LiveStore {
  #snapshot: LiveSnapshot = {
    state: EMPTY,
    connection: "connecting",
    lostAt: null,
    refusal: null,
    caller: null,
  };
  #listeners = new Set<() => void>();
  #waiting: Change[] = [];
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

  receiveEvents(events: readonly HostEvent[]): void {
    this.#later((state) => applyEvents(state, events));
  }

  receivePlugins(items: readonly PluginItem[]): void {
    this.#later((state) => applyPlugins(state, items));
  }

  receiveMetrics(items: readonly MetricsItem[]): void {
    const latest = items.at(-1);
    if (latest === undefined) return;
    tellHostTime(latest.at);
    this.#later((state) => applyMetrics(state, latest));
  }

  receiveGap(): void {
    this.#later(applyGap);
  }

  receiveHello({ run, caller }: Hello): void {
    this.#later((state) => beginRun(state, run));
    this.flush();
    this.#set({ caller });
  }

  setPlugins(run: string, plugins: readonly PluginSummary[]): void {
    this.flush();
    this.#set({ state: applySnapshot(beginRun(this.#snapshot.state, run), plugins) });
  }

  setConnection(connection: Connection): void {
    if (connection === this.#snapshot.connection) return;
    const lostAt = connection === "reconnecting" ? (this.#snapshot.lostAt ?? hostNow()) : null;
    this.#set({ connection, lostAt, refusal: null });
  }

  setRefusal(refusal: ProblemBody | null): void {
    if (this.#snapshot.connection === "reconnecting") this.#set({ refusal });
  }

  /** Apply what has arrived now. */
  flush(): void {
    this.#scheduled = false;
    if (this.#waiting.length === 0) return;
    const changes = this.#waiting;
    this.#waiting = [];
    this.#set({ state: changes.reduce((state, change) => change(state), this.#snapshot.state) });
  }

  #later(change: Change): void {
    this.#waiting.push(change);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => this.flush());
  }

  #set(change: Partial<LiveSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
