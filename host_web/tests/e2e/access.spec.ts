import type { Page } from "@playwright/test";
import { expect, expectAccessible, live, test } from "./test";

test.use({ hostOptions: { examples: ["kv-python"], flags: ["--require-token"] } });

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByRole("textbox", { name: "Access token" }).fill(token);
  await page.keyboard.press("Enter");
}

test("the link that the host prints signs in, and once only", async ({ page, host, complaints, context }) => {
  const path = /sign in once, within an hour, at https?:\/\/[^/]+(\/\S+)/.exec(host.output)?.[1] ?? "";
  await page.goto(path);
  await live(page);
  expect(page.url()).not.toContain("token=");
  await page.goto("/settings");
  await expect(page.getByRole("region", { name: "You" })).toContainText("by the session of this browser");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
  await context.clearCookies();
  await page.goto(path);
  await page.reload();
  await page.goto(path.replace("#", "?again#"));
  await expect(page.getByRole("alert")).toContainText("no longer good");
  // The browser tells of each answer 401.
  complaints.length = 0;
});

test("a wrong token is refused, a right one leads to the page that was asked for", async ({
  page,
  host,
  complaints,
}) => {
  await page.goto("/plugins/kv-python/logs?level=warn");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expectAccessible(page);
  await signIn(page, "polyhost_wrong_token");
  await expect(page.getByRole("alert")).toContainText("This token is not good");
  await expect(page.getByRole("textbox", { name: "Access token" })).toBeFocused();
  await expectAccessible(page);
  await signIn(page, host.token("reader", "operator"));
  await page.waitForURL("**/plugins/kv-python/logs?level=warn");
  await live(page);
  complaints.length = 0;
});

test("a viewer sees everything and is offered nothing that needs more", async ({
  page,
  host,
  complaints,
}) => {
  await page.goto("/sign-in?next=/settings");
  await signIn(page, host.token("guest", "viewer"));
  await live(page);
  await expect(page.getByRole("region", { name: "You" })).toContainText("viewer");
  await expect(page.getByRole("link", { name: "Tokens" })).toBeHidden();
  await page.goto("/plugins/kv-python");
  await live(page);
  await expect(page.getByRole("button", { name: "Restart" })).toBeHidden();
  const refusal = page.getByText("This needs the scope operator; you have the scope viewer.");
  await expect(refusal).toBeVisible();
  await page.goto("/plugins/kv-python/calls?method=KeyValue.Stats");
  await live(page);
  await expect(page.getByRole("button", { name: "Call", exact: true })).toBeDisabled();
  await expect(refusal).toHaveCount(2);
  await page.keyboard.press("Control+Enter");
  await page.goto("/plugins/kv-python/configuration");
  await expect(page.getByRole("textbox", { name: "Values as JSON" })).toBeDisabled();
  await expect(page.getByRole("button", { name: "Save and reload" })).toBeDisabled();
  await expectAccessible(page);
  await page.goto("/plugins/kv-python/traffic");
  await expect(page.getByRole("checkbox", { name: "bodies" })).toBeDisabled();
  await page.goto("/interfaces/KeyValue/1.4/changes");
  await expect(page.getByRole("button", { name: "Compare with a file" })).toBeDisabled();
  await page.goto("/load");
  await expect(page.getByText("You may not load plugins")).toBeVisible();
  await page.goto("/settings/tokens");
  await expect(page.getByRole("alert")).toContainText("scope-insufficient");
  complaints.length = 0;
});

test("a token is shown once, and revoking one's own ends the session", async ({ page, host, complaints }) => {
  await page.goto("/sign-in?next=/settings/tokens");
  await signIn(page, host.token("anna", "admin"));
  await live(page);
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("ci");
  await page.getByRole("radio", { name: /^operator/ }).check();
  await page.getByRole("combobox", { name: "Ends after" }).selectOption("a week");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Make the token" }).click();
  const text = await page.getByRole("textbox", { name: "The token" }).inputValue();
  expect(text).toMatch(/^polyhost_/);
  const answer = await fetch(`${host.url}/api/session`, { headers: { Authorization: `Bearer ${text}` } });
  expect(await answer.json()).toMatchObject({ name: "ci", scope: "operator" });
  await expectAccessible(page);
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("row", { name: /^ci operator/ })).toBeVisible();
  await expect(page.getByText(text)).toBeHidden();

  await page.goto("/settings/audit?target=ci");
  await expect(page.getByRole("row", { name: /done anna made a token ci/ })).toBeVisible();
  await page.goto("/settings/tokens");
  await live(page);
  await page.getByRole("button", { name: "Revoke anna" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("You are signed in with it");
  await expect(dialog).toContainText("last one for administrators");
  await dialog.getByRole("button", { name: "Revoke anna" }).click();
  await expect(page.getByText("Your session has ended.")).toBeVisible();
  await page.getByRole("link", { name: "Sign in again" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  complaints.length = 0;
});
