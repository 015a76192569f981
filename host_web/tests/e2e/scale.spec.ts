import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type MadePlugin, report } from "./host";
import { expect, live, test } from "./test";

/** Programs that are not started: what is measured is the console, not five hundred processes. */
const FLEET: MadePlugin[] = Array.from({ length: 500 }, (_, index) => ({
  id: `plugin-${String(index).padStart(3, "0")}`,
  manifest: `version = "1.0.0"\ndescription = "One of many"\nstart = "on-demand"\n`,
  program: report.program,
}));

/** Makes many recorded calls: it asks the host, as often as it is told to. */
const busy: MadePlugin = {
  id: "busy",
  manifest: `version = "1.0.0"\ndescription = "Asks the host"\n[requires.interfaces]\nHost = "^1.0"\n`,
  program: `
from polyhost_plugin import Plugin
plugin = Plugin("busy", version="1.0.0")

@plugin.method("Busy.Ask")
def ask(times: int) -> dict:
    for _ in range(times):
        plugin.host.call("Host.Info")
    return {"asked": times}

plugin.run()
`,
};
/** Calls in the log, and those that are made while somebody looks. */
const CALLS = 50_000;
const LIVE_CALLS = 2000;

test.use({
  hostOptions: { examples: ["misbehaving"], made: [...FLEET, busy], flags: ["--log-lines", "100000"] },
});
test.setTimeout(180_000);

/** Count the frames that the browser drew while something was done, and the longest pause between two of them. */
async function frames(page: import("@playwright/test").Page, during: () => Promise<void>) {
  await page.evaluate(() => {
    const times: number[] = [];
    const tick = (at: number) => {
      times.push(at);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(window, { frameTimes: times });
  });
  await during();
  return page.evaluate(() => {
    const times = (window as unknown as { frameTimes: number[] }).frameTimes;
    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? at));
    return {
      count: times.length,
      longest: Math.max(...pauses),
      total: (times.at(-1) ?? 0) - (times[0] ?? 0),
    };
  });
}

test("a fleet of five hundred is sorted and filtered at once", async ({ page }) => {
  await page.goto("/");
  await live(page);
  await expect(page.getByRole("button", { name: "All 502" })).toBeVisible();
  // Only what is near the window is drawn.
  expect(await page.getByRole("row").count()).toBeLessThan(250);
  const drawn = await frames(page, async () => {
    await page.getByRole("button", { name: "Plugin", exact: true }).click();
    await page
      .getByRole("searchbox", { name: "Filter the plugins" })
      .pressSequentially("plugin-49", { delay: 30 });
    await expect(page.getByRole("row")).toHaveCount(11);
  });
  test.info().annotations.push({ type: "frames", description: JSON.stringify(drawn) });
  // A hand notices a pause of a quarter of a second; a busy machine is given four times that.
  expect(drawn.longest).toBeLessThan(1000);
});

test("a hundred thousand lines of log are scrolled and searched", async ({ page, host }) => {
  await page.goto("/plugins/misbehaving/logs");
  await live(page);
  for (let times = 0; times < 12; times += 1) {
    await host.api("/api/plugins/misbehaving/call", {
      method: "Misbehaving.Flood",
      params: { target: "stderr", size: 1_000_000 },
      timeout_ms: 60_000,
    });
  }
  const lines = page.getByRole("region", { name: "Log lines" });
  await expect(lines).toBeVisible();
  const drawn = await frames(page, async () => {
    await lines.hover();
    for (let times = 0; times < 20; times += 1) await page.mouse.wheel(0, -5000);
    await page.getByRole("searchbox", { name: "Search the log" }).fill("no such word");
    await expect(page.getByText(/^0 of [\d,]+$/)).toBeVisible();
  });
  test.info().annotations.push({ type: "frames", description: JSON.stringify(drawn) });

  // Only what is seen is in the page.
  expect(await page.locator("[data-index]").count()).toBeLessThan(120);
  expect(drawn.longest).toBeLessThan(2000);
});

/** Copy the oldest recorded call as often as the log is to have calls, each a little older than the one after it. */
const COPY = `
import sqlite3, sys
log = sqlite3.connect(sys.argv[1])
names = [column[1] for column in log.execute("PRAGMA table_info(call)")]
made = {"id": "id - n", "at": "at - n * 0.01"}
with log:
    log.execute(f"""
        WITH RECURSIVE past(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM past WHERE n < {sys.argv[2]})
        INSERT INTO call ({", ".join(names)})
        SELECT {", ".join(made.get(name, name) for name in names)}
        FROM past, (SELECT * FROM call ORDER BY id LIMIT 1)""")
`;

test("fifty thousand recorded calls are scrolled, followed and filtered", async ({ page, host }) => {
  const ask = (times: number) =>
    host.api("/api/plugins/busy/call", { method: "Busy.Ask", params: { times }, timeout_ms: 60_000 });
  await ask(1);
  await host.stop();
  execFileSync("python", [
    "-c",
    COPY,
    join(host.folder, "data/extensions/traffic_log/traffic.sqlite3"),
    String(CALLS),
  ]);
  await host.start();

  await page.goto("/traffic");
  await live(page);
  const rows = page.getByRole("region", { name: "Recorded calls" });
  const note = (type: string, drawn: object) =>
    test.info().annotations.push({ type, description: JSON.stringify(drawn) });

  // Each time that the end comes near, older calls are fetched.
  const scrolled = await frames(page, async () => {
    await rows.hover();
    for (let times = 0; times < 40; times += 1) {
      await page.mouse.wheel(0, 20_000);
      await page.waitForTimeout(50);
    }
  });
  note("scrolled", scrolled);
  await page.reload();
  await live(page);
  const followed = await frames(page, async () => {
    await ask(LIVE_CALLS);
    await expect(rows.getByRole("button", { name: /Host.Info of busy: ok/ }).first()).toBeVisible();
  });
  note("followed", followed);
  expect(await page.locator("[data-index]").count()).toBeLessThan(120);
  const method = page.getByRole("combobox", { name: "Method" });
  await method.fill("Busy.Sleep");
  await expect(page.getByText("No recorded call fits")).toBeVisible();
  expect(scrolled.longest).toBeLessThan(2000);
  // Host, plugin and browser are at work together here.
  expect(followed.longest).toBeLessThan(5000);
});
