import { type MadePlugin, report } from "./host";
import { expect, live, test } from "./test";

/** Programs that are not started: what is measured is the console, not five hundred processes. */
const FLEET: MadePlugin[] = Array.from({ length: 500 }, (_, index) => ({
  id: `plugin-${String(index).padStart(3, "0")}`,
  manifest: `version = "1.0.0"\ndescription = "One of many"\nstart = "on-demand"\n`,
  program: report.program,
}));

test.use({
  hostOptions: { examples: ["misbehaving"], made: FLEET, flags: ["--log-lines", "100000"] },
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
  await expect(page.getByText("501 plugins")).toBeVisible();
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
