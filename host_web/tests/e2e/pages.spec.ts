import { broken, report } from "./host";
import { expect, expectAccessible, expectNoSidewaysScroll, live, test } from "./test";

test.use({ hostOptions: { examples: ["kv-python", "text-node", "misbehaving"], made: [broken, report] } });

const PAGES = [
  ["the fleet", "/", "Plugins"],
  ["a plugin that is well", "/plugins/kv-python", "kv-python"],
  ["a plugin that failed", "/plugins/broken", "broken"],
  ["calls", "/plugins/kv-python/calls?method=KeyValue.List", "kv-python"],
  ["calls with files and free JSON", "/plugins/misbehaving/calls?method=Misbehaving.Echo", "misbehaving"],
  ["logs", "/plugins/broken/logs", "broken"],
  ["interfaces of a plugin", "/plugins/kv-python/interfaces?method=KeyValue.Put", "kv-python"],
  ["a manifest", "/plugins/kv-python/manifest", "kv-python"],
  ["a configuration", "/plugins/kv-python/configuration", "kv-python"],
  ["events of a plugin", "/plugins/broken/events", "broken"],
  ["topology", "/topology", "Topology"],
  ["interfaces", "/interfaces", "Interfaces"],
  ["an interface", "/interfaces/KeyValue/1.4?method=Put", "KeyValue"],
  ["traffic", "/traffic", "Traffic"],
  ["traffic of a plugin", "/plugins/kv-python/traffic", "kv-python"],
  ["loading a plugin", "/load", "Load a plugin"],
  ["settings", "/settings", "Settings"],
  ["tokens", "/settings/tokens", "Settings"],
  ["the audit trail", "/settings/audit", "Settings"],
  ["events", "/events", "Events"],
  ["extensions", "/extensions", "Extensions"],
  ["changes of an interface", "/interfaces/KeyValue/1.4/changes", "KeyValue"],
  ["an interface file", "/interfaces/KeyValue/1.4/file", "KeyValue"],
  ["loading from a folder", "/load?from=path", "Load a plugin"],
  ["loading from an address", "/load?from=url", "Load a plugin"],
  ["a plugin that is not there", "/plugins/nobody", "nobody"],
  ["a page that is not there", "/nowhere", "Not found"],
  ["a recorded call that is not there", "/traffic/1", "Recorded call 1"],
] as const;

/** A tablet, a window at 200 % zoom, a phone. */
const WIDTHS = [768, 640, 360];

// No page changes anything, and the browser is what takes the time.
test.describe.configure({ mode: "parallel" });

for (const [name, path, heading] of PAGES) {
  test(`${name} is accessible in both themes, and scrolls sideways on no screen`, async ({
    page,
    complaints,
  }) => {
    await page.goto(path);
    await live(page);
    await expect(page.getByRole("heading", { level: 1, name: heading, exact: true })).toBeVisible();
    await page.waitForLoadState("networkidle");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
      await expectAccessible(page);
    }
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await expectNoSidewaysScroll(page);
    }
    // The browser itself tells of the answer 404, which is right here.
    if (path === "/plugins/nobody" || path === "/traffic/1") complaints.length = 0;
  });
}

test("the theme is there before anything is drawn, and a choice is kept", async ({ page }) => {
  await page.goto("/");
  await live(page);
  await page.getByRole("button", { name: /^Theme: as the system has it/ }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.getByRole("button", { name: /^Theme: light/ }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload({ waitUntil: "commit" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});
