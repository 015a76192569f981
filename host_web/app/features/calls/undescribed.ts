import type { Method } from "~/lib/api/types";
import type { StreamWays } from "~/lib/live/calls";

/** Stand in for a method that no interface file describes: it is called with whatever is written. */
export function undescribed(name: string): Method {
  return {
    name,
    description: "",
    params: null,
    result: null,
    stream_in: null,
    stream_out: null,
    idempotent: false,
    read_only: false,
    timeout_ms: null,
    deprecated: null,
  };
}

/** Say which way items go, seen from the plugin; null for a call without a stream. */
export function waysOf(takes: boolean, sends: boolean): StreamWays | null {
  if (takes && sends) return "both";
  return takes ? "in" : sends ? "out" : null;
}
