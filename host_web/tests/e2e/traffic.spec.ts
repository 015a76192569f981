import { readFileSync } from "node:fs";
import type { Host } from "./host";
import { expect, expectAccessible, live, test } from "./test";

test.use({ hostOptions: { examples: ["kv-python"] } });

const call = (host: Host, method: string, params: object) =>
  host.api("/api/plugins/kv-python/call", { method: `KeyValue.${method}`, params });

test("calls appear as they end, and what they carried can be seen", async ({ page, host }) => {
  await page.goto("/plugins/kv-python/traffic");
  await live(page);
  await page.getByRole("checkbox", { name: "bodies" }).check();
  await page.getByRole("checkbox", { name: "messages" }).check();
  await expect(page.getByRole("checkbox", { name: "messages" })).toBeEnabled();
  await expect
    .poll(() => host.api("/api/plugins/kv-python/traffic/settings"))
    .toEqual({ calls: true, messages: true, bodies: true });
  await call(host, "Put", { key: "colour", value: "red" });
  await page.getByRole("button", { name: /KeyValue.Put of kv-python: ok/ }).click();
  await expect(page.getByRole("group", { name: "Params as JSON" })).toContainText('"colour"');
  await expect(page.getByRole("group", { name: "Result as JSON" })).toContainText('"revision": 1');
  await expect(page.getByRole("region", { name: "2 messages" })).toContainText("response");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Make this call again" }).click();
  await expect(page.getByRole("group", { name: "Result of this time" })).toContainText('"revision": 2');

  // The audit trail leads to what was recorded of a call, and its page can be sent to somebody.
  await page.goto("/settings/audit?operation=callPlugin");
  await page
    .getByRole("row", { name: /called a method kv-python KeyValue.Put/ })
    .last()
    .getByRole("button")
    .click();
  await page
    .getByRole("row", { name: /Recorded call/ })
    .getByRole("link")
    .click();
  await expect(page).toHaveURL(/\/traffic\/\d+$/);
  await expect(page.getByRole("heading", { level: 1, name: "KeyValue.Put" })).toBeVisible();
  await expect(page.getByRole("group", { name: "Params as JSON" })).toContainText('"colour"');
  await expectAccessible(page);
});

test("a reader is not disturbed by what comes meanwhile", async ({ page, host }) => {
  await call(host, "Get", { key: "colour" });
  await page.goto("/traffic");
  await live(page);
  const rows = page.getByRole("region", { name: "Recorded calls" });
  await expect(rows.getByRole("button").first()).toBeVisible();
  await rows.hover();
  await call(host, "Stats", {});
  await page.getByRole("button", { name: "1 new" }).click();
  await expect(rows.getByRole("button", { name: /KeyValue.Stats/ })).toBeVisible();
});

test("filters stand in the address, and an export has what fits them", async ({ page, host }) => {
  await call(host, "Get", { key: "nothing" });
  await page.goto("/traffic?outcome=failed");
  await live(page);
  const rows = page.getByRole("region", { name: "Recorded calls" });
  await expect(rows.getByRole("button", { name: /call-failed/ }).first()).toBeVisible();
  await expect(rows.getByRole("button", { name: /: ok$/ })).toHaveCount(0);
  await page
    .getByRole("searchbox", { name: "Method" })
    .or(page.getByRole("combobox", { name: "Method" }))
    .fill("KeyValue.Get");
  await page.waitForURL("**/traffic?outcome=failed&method=KeyValue.Get");
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  const path = await (await saved).path();
  const lines = readFileSync(path, "utf8").trim().split("\n");
  for (const line of lines)
    expect(JSON.parse(line)).toMatchObject({ method: "KeyValue.Get", outcome: "call-failed" });
  await page.getByRole("button", { name: "All", exact: true }).click();
  await page.waitForURL("**/traffic");
});
