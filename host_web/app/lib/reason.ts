import type { Reason } from "./api/types";
import { formatDuration } from "./time";

const MINUTE = 60;

/** Take out of a text whose it is, and in which folder, where that is said beside it. */
export function withoutSubject(text: string, id: string): string {
  const name = id.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(`^(?:${name}:? |/\\S*/${name}/)`), "");
}

/**
 * Write when a plugin is started again, such as `next start in 8 s`; null for a reason that ends at no known time.
 *
 * `now` is the host's time, in seconds since 1970.
 */
export function nextStart({ until }: Pick<Reason, "until">, now: number): string | null {
  if (until === null) return null;
  const left = Math.ceil(until - now);
  if (left <= 0) return "next start now";
  return `next start in ${left < MINUTE ? `${left} s` : formatDuration(left)}`;
}
