import { useSyncExternalStore } from "react";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Write a duration in seconds so that it can be read at a glance: `0.8 s`, `12 s`, `4 min 10 s`, `3 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 0.001) return "0 ms";
  if (seconds < 1) return `${formatNumber(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return pair(whole, MINUTE, "min", 1, "s");
  if (whole < DAY) return pair(whole, HOUR, "h", MINUTE, "min");
  return pair(whole, DAY, "d", HOUR, "h");
}

/** Write how long a call took, with as many digits as can be compared: `0.08 ms`, `4.0 ms`, `17 ms`, `1.2 s`. */
export function formatLatency(seconds: number): string {
  const ms = seconds * 1000;
  if (!(ms > 0 && ms < 10)) return formatDuration(seconds);
  return ms < 0.01 ? "<0.01 ms" : `${ms.toFixed(ms < 1 ? 2 : 1)} ms`;
}

function pair(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % large) / small);
  const first = `${Math.floor(seconds / large)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

/** Write how long ago a time is, in whole units: `just now`, `12 s ago`, `3 h ago`. */
export function formatAgo(at: number, now: number): string {
  const seconds = Math.max(0, now - at);
  if (seconds < 2) return "just now";
  if (seconds < MINUTE) return `${Math.floor(seconds)} s ago`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ago`;
  return `${Math.floor(seconds / DAY)} d ago`;
}

const two = (value: number) => String(value).padStart(2, "0");

/** Write the local time of day, with milliseconds: `10:18:21.563`. */
export function formatClock(at: number): string {
  const date = new Date(at * 1000);
  const milliseconds = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
}

/** Write the local date and time: `2026-11-26 10:18:21`. */
export function formatDateTime(at: number): string {
  const date = new Date(at * 1000);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Write a number with as many digits as mean something: `0.42`, `8.1`, `230`, `12,400`. */
export function formatNumber(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 10) return String(Number(value.toPrecision(2)));
  return Math.round(value).toLocaleString("en-US");
}

/** Write how often something happens in a second; a second that is measured is never quite one. */
export function formatRate(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.05) return "<0.1";
  return perSecond < 100 ? String(Number(perSecond.toFixed(1))) : formatNumber(perSecond);
}

/** Write a part of one, or of one core, in percent: `0 %`, `0.4 %`, `37 %`. */
export function formatPercent(part: number): string {
  return `${formatNumber(Math.round(1000 * part) / 10)} %`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Write a number of bytes in binary units: `512 B`, `1.4 MiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  // What is whole needs no zeros to say so: 4 MiB, but 14.0 MiB beside 13.9 MiB.
  return `${Number.isInteger(value) ? value : power === 0 ? Math.round(value) : value.toPrecision(3)} ${UNITS[power]}`;
}

/** How much a message that tells the time may be later than the ones before, in seconds, until it is believed. */
const SLACK = 0.1;

/**
 * Ticks for all who show a passing time: one timer for the page, and none while nobody looks.
 *
 * It goes with the host's clock, for all times that are shown are the host's, and two clocks never agree.
 */
class Clock {
  /** Seconds by which the host's clock is ahead of the browser's. */
  #ahead: number | null = null;
  #now = Date.now() / 1000;
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      // While nobody looked, nobody counted.
      this.#now = this.read();
      this.#timer = setInterval(() => this.#tick(), 1000);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  };

  readonly getNow = (): number => this.#now;

  readonly read = (): number => Date.now() / 1000 + (this.#ahead ?? 0);

  /** Hear what time it was at the host when it sent something: what came fastest is nearest to the truth. */
  readonly hear = (at: number): void => {
    const ahead = at - Date.now() / 1000;
    this.#ahead = this.#ahead === null ? ahead : Math.max(ahead, this.#ahead - SLACK);
  };

  #tick(): void {
    if (document.visibilityState === "hidden") return;
    this.#now = this.read();
    for (const listener of this.#listeners) listener();
  }
}

const clock = new Clock();

/** Take a time that the host has just told; a message that was long under way changes little. */
export const tellHostTime = clock.hear;

/** Return the host's time, in seconds since 1970. */
export const hostNow = clock.read;

/** Return the host's time in seconds since 1970, anew each second. */
export function useNow(): number {
  return useSyncExternalStore(clock.subscribe, clock.getNow);
}
