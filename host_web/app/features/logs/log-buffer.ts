import type { LogLine } from "~/lib/api/types";

/** Lines kept in the page; the oldest go first. As many as anybody scrolls through, and some tens of megabytes. */
export const KEPT_LINES = 100_000;
/** How many more than that may gather before the old ones are cut off, so that cutting is rare. */
const SLACK = 10_000;

export const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

/** Return how grave a level is; one that is none of ours counts as `info`. */
export function rankOf(level: string): number {
  const rank = LEVELS.indexOf(level as (typeof LEVELS)[number]);
  return rank === -1 ? LEVELS.indexOf("info") : rank;
}

export interface LogFilter {
  /** The least level that is shown. */
  level: string;
  /** Words that must all be there, in any order. */
  query: string;
}

/** A place where lines are missing, since they came faster than they could be read. */
export interface Missing {
  sequence: number;
  missing: number;
}

export type Entry = LogLine | Missing;

export function isMissing(entry: Entry): entry is Missing {
  return "missing" in entry;
}

export interface LogSnapshot {
  /** What the filter lets through, oldest first; grows in place. */
  readonly shown: readonly Entry[];
  /** How many of these are lines, and no marks of missing ones. */
  readonly lines: number;
  readonly total: number;
  readonly version: number;
}

/** Return whether a filter lets a line through. */
export function makeMatcher({ level, query }: LogFilter): (line: LogLine) => boolean {
  const least = rankOf(level || "trace");
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return (line) => {
    if (rankOf(line.level) < least) return false;
    if (words.length === 0) return true;
    const text = `${line.message} ${line.logger ?? ""} ${line.source} ${fieldsText(line)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

/** Write the further fields of a line as `key=value`. */
export function fieldsText({ fields }: LogLine): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}

/** Holds the lines of one plugin and those of them that a filter lets through; a new line is looked at once. */
export class LogBuffer {
  #all: Entry[] = [];
  #shown: Entry[] = [];
  #matches: (line: LogLine) => boolean = () => true;
  #snapshot: LogSnapshot = { shown: [], lines: 0, total: 0, version: 0 };
  #marks = 0;
  #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): LogSnapshot => this.#snapshot;

  /** Add lines that have come; those that are known already are left out, and a hole is marked. */
  add(lines: readonly LogLine[]): void {
    let last = this.#all.at(-1)?.sequence ?? 0;
    for (const line of lines) {
      if (line.sequence <= last) continue;
      if (last > 0 && line.sequence > last + 1)
        this.#push({ sequence: line.sequence - 1, missing: line.sequence - last - 1 });
      this.#push(line);
      last = line.sequence;
    }
    if (this.#all.length > KEPT_LINES + SLACK) {
      this.#all = this.#all.slice(-KEPT_LINES);
      this.#filterAll();
    }
    this.#tell();
  }

  setFilter(filter: LogFilter): void {
    this.#matches = makeMatcher(filter);
    this.#filterAll();
    this.#tell();
  }

  /** Forget what was written up to now, in this page only. */
  clear(): void {
    this.#all = [];
    this.#shown = [];
    this.#marks = 0;
    this.#tell();
  }

  #push(entry: Entry): void {
    this.#all.push(entry);
    if (isMissing(entry)) this.#marks += 1;
    if (isMissing(entry) || this.#matches(entry)) this.#shown.push(entry);
  }

  #filterAll(): void {
    this.#shown = this.#all.filter((entry) => isMissing(entry) || this.#matches(entry));
    this.#marks = this.#shown.filter(isMissing).length;
  }

  #tell(): void {
    const lines = this.#shown.length - this.#marks;
    const total = this.#all.length - this.#marks;
    this.#snapshot = { shown: this.#shown, lines, total, version: this.#snapshot.version + 1 };
    for (const listener of this.#listeners) listener();
  }
}
