import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { broken, type MadePlugin, report } from "./host";
import { expect, live, test } from "./test";

const PROGRAM = `
from polyhost_plugin import Plugin
plugin = Plugin("misspelt", version="1.0.0")
plugin.run()
`;
/** The host refuses its manifest. */
const misspelt: MadePlugin = {
  id: "misspelt",
  manifest: `version = "1.0.0"\nruntimee = "python"\n`,
  program: PROGRAM,
};

test.use({ hostOptions: { examples: ["kv-python"], made: [broken, misspelt, report] } });

test("the fleet says how it is, and each state is a filter with an address", async ({ page }) => {
  await page.goto("/");
  await live(page);
  const states = page.getByRole("group", { name: "Show" });
  await expect(states.getByRole("button", { name: "All 4" })).toHaveAttribute("aria-pressed", "true");
  await expect(states.getByRole("button", { name: "Failed 2" })).toBeVisible();
  await states.getByRole("button", { name: "Needs attention 2" }).click();
  await expect(page).toHaveURL(/show=attention/);
  const table = page.getByRole("table", { name: "Plugins" });
  await expect(table.locator("[data-row]")).toHaveText(["broken", "misspelt"]);
  await states.getByRole("button", { name: "Needs attention 2" }).click();
  await expect(table.locator("[data-row]")).toHaveText(["broken", "misspelt", "kv-python", "report"]);
});

test("what is not well has its reason in its row, and what is well has figures", async ({ page, host }) => {
  await host.api("/api/plugins/kv-python/call", { method: "KeyValue.List", params: {} });
  await page.goto("/");
  await live(page);
  const row = (id: string) => page.getByRole("row").filter({ has: page.locator(`a[href="/plugins/${id}"]`) });
  await expect(row("broken")).toContainText("Its process ended with exit status 1 before it said hello");
  await expect(row("report")).toContainText("Reports what the store holds");
  // An idle plugin makes 0 calls a second, which is not the same as nobody knowing how many.
  await expect(row("report").getByRole("cell", { name: "0", exact: true }).first()).toBeVisible();
  const totals = page.getByLabel("All plugins together");
  await expect(totals).toContainText(/Memory[\d.]+ MiB/);
});

test("a plugin that was refused can be read again, and nothing else", async ({ page, host }) => {
  await page.goto("/plugins/misspelt");
  await live(page);
  const why = page.getByRole("region", { name: "Why" });
  await expect(why).toContainText("plugin.toml:5, runtimee: the key 'runtimee' is not known");
  await expect(page.getByRole("region", { name: "Key figures" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Restart" })).toHaveCount(0);
  writeFileSync(
    join(host.folder, "plugins", "misspelt", "plugin.toml"),
    `id = "misspelt"\nruntime = "python"\nentry = "main.py"\nversion = "1.0.0"\n`,
  );
  await page.getByRole("button", { name: "Reload" }).click();
  await expect(page.locator("main [data-state=ready]").first()).toBeVisible();
  await expect(page.getByRole("region", { name: "Key figures" })).toBeVisible();
});

test("charts begin with what the host remembers, and a longer time can be chosen", async ({ page, host }) => {
  // The host looks every five seconds.
  await expect
    .poll(
      async () => ((await host.api("/api/plugins/kv-python/metrics/history")) as { at: number[] }).at.length,
      {
        timeout: 30_000,
      },
    )
    .toBeGreaterThan(1);
  await page.goto("/plugins/kv-python");
  await live(page);
  await expect(page.getByRole("img", { name: /^Memory: resident [\d.]+ MiB/ })).toBeVisible();
  await page.getByRole("button", { name: "30 min" }).click();
  await expect(page).toHaveURL(/range=30/);
  await expect(page.getByRole("heading", { name: "Over the last 30 minutes" })).toBeVisible();
});
