import { expect, test } from "vitest";
import type { SessionInfo, TokenInfo } from "~/lib/api/access";
import { consequencesOf } from "./revoke-token";

const token = (change: Partial<TokenInfo> = {}): TokenInfo => ({
  id: "a",
  name: "anna",
  scope: "admin",
  created_at: 0,
  created_by: "local",
  expires_at: null,
  used_at: null,
  ...change,
});
const session: SessionInfo = {
  name: "anna",
  scope: "admin",
  kind: "session",
  sign_in_needed: false,
  expires_at: null,
};

const told = (one: TokenInfo, others: TokenInfo[] = [], who: SessionInfo | null = null) =>
  consequencesOf(one, { tokens: [one, ...others], session: who, now: 1000 }).join(" ");

test("one's own token is told as such", () => {
  expect(told(token(), [], session)).toContain("You are signed in with it");
  expect(told(token({ name: "ci" }), [], session)).not.toContain("You are signed in");
});

test("the last token of an administrator is told as such; a sign-in link is none that helps", () => {
  const link = token({ id: "l", name: "sign-in link" });
  const expired = token({ id: "b", name: "bob", expires_at: 999 });
  expect(told(token(), [link, expired])).toContain("last one for administrators");
  expect(told(token(), [token({ id: "b", name: "bob" })])).not.toContain("last one");
  expect(told(token({ scope: "viewer" }))).not.toContain("last one");
  // The list may have been fetched anew since the token was chosen.
  expect(told(token(), [token({ used_at: 900 })])).toContain("last one for administrators");
});

test("a token that has ended takes nothing away", () => {
  expect(told(token({ expires_at: 999 }))).toBe(
    "It has ended already: nothing that works now stops working.",
  );
});
