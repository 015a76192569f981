import { expect, test } from "vitest";
import { allows, pathAfterSignIn, refusalOf, signInAddress } from "./session";

test("a scope allows what needs it or less", () => {
  expect(allows("operator", "viewer")).toBe(true);
  expect(allows("operator", "operator")).toBe(true);
  expect(allows("operator", "admin")).toBe(false);
  expect(allows(null, "viewer")).toBe(false);
});

test("who may not do something is told what it needs and what they have", () => {
  expect(refusalOf({ scope: "viewer" }, "operator")).toBe(
    "This needs the scope operator; you have the scope viewer.",
  );
  expect(refusalOf({ scope: null }, "viewer")).toBe("This needs the scope viewer; you are not signed in.");
  expect(refusalOf({ scope: "admin" }, "operator")).toBeNull();
  expect(refusalOf(null, "admin")).toBeNull();
});

test("signing in leads back to the page that asked for it", () => {
  const address = signInAddress({ pathname: "/plugins/kv", search: "?q=a&b" });
  expect(address).toBe("/sign-in?next=%2Fplugins%2Fkv%3Fq%3Da%26b");
  expect(pathAfterSignIn(new URLSearchParams(address.split("?")[1]).get("next"))).toBe("/plugins/kv?q=a&b");
  expect(signInAddress({ pathname: "/", search: "" })).toBe("/sign-in");
});

test.each([
  "https://evil.example/",
  "//evil.example/x",
  "/\\evil.example",
  "javascript:alert(1)",
  "/sign-in?next=/",
  "",
])("signing in never leads to %s", (next) => {
  expect(pathAfterSignIn(next)).toBe("/");
});
