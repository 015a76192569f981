import { useSyncExternalStore } from "react";
import { getSession, type Scope, type SessionInfo } from "./api/access";

/** The scopes in their order: each may do what those before it may. */
export const SCOPES = ["viewer", "operator", "admin"] as const satisfies readonly Scope[];

/** What each scope allows, for those who choose one or lack it. */
export const SCOPE_TEXTS = {
  viewer: "sees everything, changes nothing",
  operator: "sees everything; calls, starts, stops and configures plugins",
  admin: "does everything, loading plugins and making tokens included",
} as const satisfies Record<Scope, string>;

// Who uses this page is asked for by parts that have nothing else in common.
let session: SessionInfo | null = null;
const listeners = new Set<() => void>();

/** Return who one is as far as it is known: null before the first answer. */
export function readSession(): SessionInfo | null {
  return session;
}

/** Ask the host who one is. */
export async function refreshSession(signal?: AbortSignal): Promise<SessionInfo> {
  session = await getSession(signal ? { signal } : {});
  for (const listener of listeners) listener();
  return session;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): SessionInfo | null {
  return useSyncExternalStore(subscribe, readSession, () => null);
}

/** Say whether somebody of one scope may do what needs another. */
export function allows(held: Scope | null, needed: Scope): boolean {
  return held !== null && SCOPES.indexOf(held) >= SCOPES.indexOf(needed);
}

/** Say whether the person at this page may do what needs a scope; who is not known yet is not held back. */
export function useMay(needed: Scope): boolean {
  const who = useSession();
  return who === null || allows(who.scope, needed);
}

/** Say why somebody may not do what needs a scope; null where they may, or where it is not known yet who they are. */
export function refusalOf(who: Pick<SessionInfo, "scope"> | null, needed: Scope): string | null {
  if (who === null || allows(who.scope, needed)) return null;
  const held = who.scope === null ? "you are not signed in" : `you have the scope ${who.scope}`;
  return `This needs the scope ${needed}; ${held}.`;
}

/** Say why the person at this page may not do what needs a scope; null where they may. */
export function useRefusal(needed: Scope): string | null {
  return refusalOf(useSession(), needed);
}

/** Return the address of the sign-in page that leads back to where one was. */
export function signInAddress(from: { pathname: string; search: string }): string {
  const back = `${from.pathname}${from.search}`;
  return back === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(back)}`;
}

/** Return where to go after signing in: a path of this host and nothing else, whatever a link says. */
export function pathAfterSignIn(next: string | null): string {
  if (next === null) return "/";
  const base = "http://host.invalid";
  const url = URL.canParse(next, base) ? new URL(next, base) : null;
  if (!next.startsWith("/") || url === null || url.origin !== base) return "/";
  return url.pathname === "/sign-in" ? "/" : `${url.pathname}${url.search}`;
}
