import type { CallFilter, RecordedCall } from "~/lib/api/traffic";

/** Calls kept in the page; the oldest go first. The host has the rest, and an export brings all of them. */
export const KEPT_CALLS = 20_000;

export interface CallSnapshot {
  /** The latest first. */
  readonly calls: readonly RecordedCall[];
  /** Whether it is known that there are these and no others: an answer has come since other calls were wanted. */
  readonly isFilled: boolean;
}

/** Return whether a filter lets a call through, as the host decides it. */
export function makeMatcher(filter: CallFilter): (call: RecordedCall) => boolean {
  const { plugin, method, outcome, caller } = filter;
  const slower = filter.slower === "" ? null : Number(filter.slower) / 1000;
  const prefix = method.endsWith(".*") ? method.slice(0, -1) : null;
  return (call) => {
    if (plugin !== "" && call.plugin !== plugin) return false;
    if (prefix !== null ? !call.method.startsWith(prefix) : method !== "" && call.method !== method)
      return false;
    if (caller !== "" && call.caller !== caller) return false;
    if (slower !== null && call.duration < slower) return false;
    if (outcome === "") return true;
    return outcome === "failed" ? call.outcome !== "ok" : call.outcome === outcome;
  };
}

/** Holds the recorded calls of a view: pages that were fetched, and what has come since, in one order. */
export class CallBuffer {
  #calls: RecordedCall[] = [];
  #known = new Set<number>();
  #snapshot: CallSnapshot = { calls: [], isFilled: false };
  #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): CallSnapshot => this.#snapshot;

  /** Add calls; those that are known are left out, and each gets its place by the time at which it was made. */
  add(calls: readonly RecordedCall[]): void {
    const fresh = calls.filter(({ id }) => !this.#known.has(id));
    if (fresh.length === 0 && this.#snapshot.isFilled) return;
    for (const { id } of fresh) this.#known.add(id);
    // Ids grow with time; a sort of what is nearly sorted costs one look at each.
    const all = [...fresh, ...this.#calls].sort((a, b) => b.id - a.id);
    for (const { id } of all.splice(KEPT_CALLS)) this.#known.delete(id);
    this.#tell(all, true);
  }

  /** Forget everything: other calls are wanted. */
  clear(): void {
    this.#known.clear();
    this.#tell([], false);
  }

  #tell(calls: RecordedCall[], isFilled: boolean): void {
    this.#calls = calls;
    this.#snapshot = { calls, isFilled };
    for (const listener of this.#listeners) listener();
  }
}
