import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { broken, type MadePlugin, report } from "./host";
import { expect, expectAccessible, live, test } from "./test";

test.use({ hostOptions: { examples: ["kv-python"], made: [report] } });

const greeter: MadePlugin = {
  id: "greeter",
  manifest: `version = "1.0.0"
description = "Greets"
[env]
pass = ["GREETER_KEY"]
[requires.interfaces]
KeyValue = "^1.0"
`,
  program: `
from polyhost_plugin import Plugin
plugin = Plugin("greeter", version="1.0.0")

@plugin.method("Greeter.Greet")
def greet(name: str) -> dict:
    return {"text": f"Hello {name}"}

plugin.run()
`,
};

async function check(page: Page, archive: string): Promise<void> {
  await page.goto("/load");
  await live(page);
  await page.getByLabel("Archive of a plugin, and its signature").setInputFiles(archive);
  await page.getByRole("button", { name: "Check it" }).click();
}

test("an archive is uploaded, and runs only after its checks were shown", async ({ page, host }) => {
  await check(page, host.pack(greeter));
  const checks = page.getByRole("region", { name: "What was checked" });
  await expect(checks).toContainText("All it requires is here.");
  await expect(checks).toContainText("This host does not verify what it loads.");
  const permissions = page.getByRole("region", { name: "What it will be allowed to do" });
  await expect(permissions).toContainText("GREETER_KEY");
  await expect(permissions).toContainText("python main.py");
  await expectAccessible(page);
  const { plugins } = (await host.api("/api/plugins")) as { plugins: { id: string }[] };
  expect(plugins.map(({ id }) => id)).not.toContain("greeter");
  await page.getByRole("button", { name: "Load and run greeter" }).click();
  await page.waitForURL("**/plugins/greeter");
  await expect(page.locator("header [data-state=ready]")).toBeVisible();

  // The same again is refused before anything is sent for loading.
  await check(page, join(host.folder, "greeter.tar.gz"));
  await expect(checks).toContainText("greeter is loaded already, in this version");
  await expect(page.getByRole("button", { name: "Load and run greeter" })).toBeHidden();
});

test("an upload says how far it is, and can be given up", async ({ page, host, context }) => {
  const folder = host.write({ ...greeter, id: "large" }, "elsewhere");
  // What cannot be compressed, so that the archive is as large.
  writeFileSync(join(folder, "data.bin"), randomBytes(4_000_000));
  await page.goto("/load");
  await live(page);
  const slow = await context.newCDPSession(page);
  const line = { offline: false, latency: 0, downloadThroughput: -1 };
  await slow.send("Network.enable");
  await slow.send("Network.emulateNetworkConditions", { ...line, uploadThroughput: 400_000 });
  await page.getByLabel("Archive of a plugin, and its signature").setInputFiles(host.packed("large"));
  await page.getByRole("button", { name: "Check it" }).click();
  const sent = page.getByText(/^\d+ % of 3\.8\d MiB sent$/);
  await expect(page.getByRole("progressbar", { name: "Progress of the upload" })).toBeVisible();
  await expect(sent).not.toHaveText(/^0 %/);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Cancel the upload" }).click();
  await expect(sent).toBeHidden();
  await slow.send("Network.emulateNetworkConditions", { ...line, uploadThroughput: -1 });
  await page.getByRole("button", { name: "Check it" }).click();
  await expect(page.getByRole("region", { name: "What was checked" })).toContainText(
    "All it requires is here.",
  );
});

test("what is no plugin is refused with what is wrong", async ({ page, host, complaints }) => {
  const text = join(host.folder, "notes.zip");
  writeFileSync(text, "no archive at all");
  await page.goto("/load");
  await live(page);
  await page.getByLabel("Archive of a plugin, and its signature").setInputFiles(text);
  await expect(page.getByRole("alert")).toContainText("notes.zip is no zip, tar or tar.gz.");
  await check(page, host.pack({ ...greeter, id: "wrong", manifest: 'version = "one"\n' }));
  await expect(page.getByRole("alert")).toContainText("manifest-invalid");
  await expect(page.getByRole("alert")).toContainText("plugin.toml:4");
  await expectAccessible(page);
  complaints.length = 0;
});

test("a plugin that does not start is told of, and can be looked at", async ({ page, host, complaints }) => {
  const folder = host.write(broken, "elsewhere");
  await page.goto("/load?from=path");
  await live(page);
  await page.getByRole("textbox", { name: "Folder" }).fill(folder);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Load and run broken" }).click();
  await expect(page.getByRole("alert")).toContainText("settings.json is not there");
  await page.getByRole("link", { name: "Show broken and why it does not run" }).click();
  await page.waitForURL("**/plugins/broken");
  complaints.length = 0;
});

test("only addresses that the host allows are fetched", async ({ page, complaints }) => {
  await page.goto("/load?from=url");
  await live(page);
  await page.getByRole("textbox", { name: "Address of an archive" }).fill("https://plugins.invalid/a.zip");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("source-refused");
  complaints.length = 0;
});

test("unloading names those that go with it, and takes them along", async ({ page, host }) => {
  await page.goto("/plugins/kv-python");
  await live(page);
  await page.getByRole("button", { name: "More for kv-python" }).click();
  await page.getByRole("menuitem", { name: "Unload…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("report");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: /^Unload all/ }).click();
  await page.waitForURL("**/");
  await expect(page.getByRole("status").last()).toContainText("kv-python");
  const { plugins } = (await host.api("/api/plugins")) as { plugins: { id: string }[] };
  const left = plugins.map(({ id }) => id);
  expect(left).not.toContain("kv-python");
  expect(left).not.toContain("report");
});
