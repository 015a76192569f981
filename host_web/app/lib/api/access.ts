import { type RequestOptions, request } from "./client";
import type { Schemas } from "./schemas";

export type SessionInfo = Schemas["SessionInfo"];
export type Scope = Schemas["Scope"];
export type TokenInfo = Schemas["TokenInfo"];
export type NewToken = Schemas["NewToken"];
export type AuditRecord = Schemas["AuditRecord"];
export type AuditPage = Schemas["AuditPage"];

type Signal = Pick<RequestOptions, "signal">;

export const getSession = (options: Signal = {}) => request<SessionInfo>("/api/session", options);

/** Open a session with a token or the code of a sign-in link; the browser keeps its cookie. */
export const signIn = (token: string) =>
  request<SessionInfo>("/api/session", { method: "POST", body: { token } satisfies Schemas["SignInBody"] });

export const signOut = () => request<undefined>("/api/session", { method: "DELETE" });

export async function getTokens(options: Signal = {}): Promise<TokenInfo[]> {
  return (await request<Schemas["TokenList"]>("/api/tokens", options)).tokens;
}

/** Make a token; its text is in the answer and nowhere else. `expires_in` is in seconds, null for no end. */
export const createToken = (wanted: { name: string; scope: Scope; expires_in: number | null }) =>
  request<NewToken>("/api/tokens", { method: "POST", body: wanted });

export const revokeToken = (id: string) =>
  request<undefined>(`/api/tokens/${encodeURIComponent(id)}`, { method: "DELETE" });

/** What a view of the audit trail is about; empty members do not count. */
export interface AuditFilter {
  outcome: string;
  caller: string;
  operation: string;
  target: string;
  /** "false": no calls that were made. */
  calls: string;
}

/** As many records as one answer brings. */
const AUDIT_PAGE = 100;

export function getAudit(filter: AuditFilter, before: number | null, options: Signal = {}) {
  const query = new URLSearchParams({ limit: String(AUDIT_PAGE) });
  for (const [name, value] of Object.entries(filter)) if (value !== "") query.set(name, value);
  if (before !== null) query.set("before", String(before));
  return request<AuditPage>(`/api/audit?${query}`, options);
}
