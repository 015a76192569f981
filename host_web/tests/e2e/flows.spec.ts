import { execFileSync } from "node:child_process";
import type { Page } from "@playwright/test";
import { shellQuote } from "../../app/features/calls/copy";
import { bare, counter, mailer, patient, report } from "./host";
import { expect, live, test } from "./test";

test.use({
  hostOptions: {
    examples: ["kv-python", "text-node", "misbehaving"],
    made: [bare, counter("1.0.0"), mailer, patient, report],
  },
});

test("a method is called by its form, and again from the history", async ({ page }) => {
  await page.goto("/plugins/kv-python/calls?method=KeyValue.Put");
  await live(page);
  await page.getByRole("textbox", { name: /^key/ }).fill("colour");
  await page.getByRole("textbox", { name: /^value/ }).fill("red");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  const result = page.getByRole("group", { name: "Result as JSON" });
  await expect(result).toContainText('"revision": 1');
  await page.getByRole("button", { name: "Call KeyValue.Put again" }).click();
  await expect(result).toContainText('"revision": 2');
  await expect(page.getByRole("textbox", { name: /^key/ })).toHaveValue("colour");
});

test("what is wrong with a call is said where it is", async ({ page }) => {
  await page.goto("/plugins/kv-python/calls?method=KeyValue.Get&as=json");
  await live(page);
  await page.getByRole("textbox", { name: "Parameters as JSON" }).fill('{"key": 7}');
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(page.getByRole("region", { name: "Problem" })).toContainText("params-invalid");
  await page.getByRole("textbox", { name: "Parameters as JSON" }).fill('{"key": "nothing"}');
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(page.getByRole("region", { name: "Problem" })).toContainText("KeyNotFound");
});

test("a method that nothing describes is called by its name", async ({ page }) => {
  await page.goto("/plugins/report/calls");
  await live(page);
  await page.getByRole("textbox", { name: "Another method" }).fill("Report.Write");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(page.getByRole("group", { name: "Result as JSON" })).toContainText('"lines": 3');
});

test("a stream that nothing describes is called as one, item by item, and stopped", async ({ page }) => {
  await page.goto("/plugins/bare/calls?method=Bare.Count");
  await live(page);
  await page.getByRole("checkbox", { name: "it sends a stream" }).check();
  await page.getByRole("textbox", { name: "Parameters as JSON" }).fill('{"to": 1000, "delay": 0.05}');
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(page.getByRole("list", { name: "Items" })).toContainText('{"number":3}');
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await expect(page.getByRole("status").filter({ hasText: "stopped" })).toBeVisible();
  await page.getByRole("textbox", { name: "Parameters as JSON" }).fill('{"to": 4}');
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("group", { name: "Result as JSON" })).toContainText('"counted": 4');
});

test("HTML is shown as it looks, in a frame without scripts", async ({ page, complaints }) => {
  await page.goto("/plugins/text-node/calls?method=TextTools.ToHtml");
  await live(page);
  await page.getByRole("textbox", { name: /^markdown/ }).fill("# Hello\n\n*world*");
  await page.keyboard.press("Control+Enter");
  const frame = page.frameLocator("iframe");
  await expect(frame.getByRole("heading", { name: "Hello" })).toBeVisible();
  await expect(page.locator("iframe")).toHaveAttribute("sandbox", "allow-same-origin");
  // The browser tells that the test's own script may not run in the frame either.
  expect(complaints.every((one) => one.startsWith("Blocked script execution in 'about:srcdoc'"))).toBe(true);
  complaints.length = 0;
});

test("the items of a stream appear as they come, and the call can be stopped", async ({ page }) => {
  await page.goto("/plugins/misbehaving/calls?method=Misbehaving.Count");
  await live(page);
  await page.getByRole("spinbutton", { name: /^to/ }).fill("10000");
  await page.getByRole("spinbutton", { name: /^delay/ }).fill("0.05");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(page.getByRole("list", { name: "Items" })).toContainText('{"number":3}');
  await expect(page.getByRole("progressbar", { name: "Progress of the call" })).toBeVisible();
  await page.getByRole("button", { name: "Stop" }).first().click();
  await expect(page.getByRole("status").filter({ hasText: "stopped" })).toBeVisible();
  // What somebody wanted is no fault.
  await expect(page.getByRole("region", { name: "Problem" })).toHaveCount(0);
});

test("a stream is sent item by item", async ({ page }) => {
  await page.goto("/plugins/kv-python/calls?method=KeyValue.PutMany");
  await live(page);
  await page
    .getByRole("textbox", { name: /^Items to send/ })
    .fill('{"key":"a","value":"1"}\n{"key":"b","value":"2"}');
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(page.getByRole("group", { name: "Result as JSON" })).toContainText('"count": 2');
});

/** Copy the call of a page in each way, run the copies, and return what they say. */
async function runCopies(page: Page): Promise<string[]> {
  const answers: string[] = [];
  for (const [what, pipe] of [
    ["curl", ""],
    ["polyhost call", ""],
    ["Python", "python3 -c "],
  ] as const) {
    await page.getByRole("button", { name: "Copy as" }).click();
    await page.getByRole("menuitem", { name: what }).click();
    await expect(page.getByRole("status").last()).toContainText("Copied");
    const text = await page.evaluate(() => navigator.clipboard.readText());
    const command = pipe === "" ? text : pipe + shellQuote(text);
    answers.push(execFileSync("bash", ["-c", command], { encoding: "utf8" }));
  }
  return answers;
}

test("a call that was copied does the same in a shell", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("/plugins/kv-python/calls?method=KeyValue.Put");
  await live(page);
  await page.getByRole("textbox", { name: /^key/ }).fill("copied");
  // What shells and languages take apart.
  await page.getByRole("textbox", { name: /^value/ }).fill(`it's "$HOME" \\n`);
  for (const answer of await runCopies(page)) expect(answer).toContain("revision");
  await page.goto("/plugins/kv-python/calls?method=KeyValue.Get");
  await live(page);
  await page.getByRole("textbox", { name: /^key/ }).fill("copied");
  await page.keyboard.press("Control+Enter");
  const result = page.getByRole("group", { name: "Result as JSON" });
  await expect(result).toContainText(JSON.stringify(`it's "$HOME" \\n`));

  // Nothing describes this one: the copies say that it streams.
  await page.goto("/plugins/bare/calls?method=Bare.Count");
  await live(page);
  await page.getByRole("checkbox", { name: "it sends a stream" }).check();
  await page.getByRole("textbox", { name: "Parameters as JSON" }).fill('{"to": 3}');
  for (const answer of await runCopies(page)) {
    expect(answer).toMatch(/number\W+3/);
    expect(answer).toMatch(/counted\W+3/);
  }
});

test("what is missing in a form is said at its field, before the host is asked", async ({ page }) => {
  await page.goto("/plugins/kv-python/calls?method=KeyValue.Put");
  await live(page);
  await page.getByRole("textbox", { name: /^value/ }).fill("red");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(page.getByText("is required")).toBeVisible();
  await expect(page.getByRole("textbox", { name: /^key/ })).toBeFocused();
  await expect(page.getByText("No call yet")).toBeVisible();
});

test("a crash goes through backing off to ready, with its reason", async ({ page, host }) => {
  await page.goto("/plugins/misbehaving/events");
  await live(page);
  await host.api("/api/plugins/misbehaving/call", { method: "Misbehaving.Crash", params: {} });
  const events = page.getByRole("region", { name: "Events" });
  await expect(events).toContainText(/SIGKILL; restart \d of \d+ in 60 s, after a pause of/);
  await expect(events).toContainText("Backing off");
  await expect(page.locator("header [data-state=ready]")).toBeVisible();
  // What happened just now alone, and again all of it.
  await page.getByRole("slider", { name: "Events over time" }).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/span=\d+-\d+/);
  await expect(events).not.toContainText("SIGKILL");
  await page.keyboard.press("Escape");
  await expect(events).toContainText("SIGKILL");
  await page.getByRole("link", { name: "Summary" }).click();
  await expect(page.getByRole("region", { name: "Last exit" })).toContainText("SIGKILL");
});

test("the pause before the next start counts down in place", async ({ page, host }) => {
  await host.api("/api/plugins/patient/reset", {});
  await page.goto("/plugins/patient");
  await live(page);
  const why = page.getByRole("region", { name: "Why" });
  const left = async () => Number(/next start in (\d+) s/.exec((await why.textContent()) ?? "")?.[1]);
  await expect.poll(left).toBeGreaterThan(5);
  const before = await left();
  await expect.poll(left).toBeLessThan(before);
  await page.goto("/");
  await expect(page.getByRole("row", { name: /patient/ })).toContainText(/next start in \d+ s/);
});

test("the log follows, filters by level and words, and keeps still for a reader", async ({ page, host }) => {
  await page.goto("/plugins/misbehaving/logs");
  await live(page);
  await host.api("/api/plugins/misbehaving/call", {
    method: "Misbehaving.Flood",
    params: { target: "stderr", size: 20_000 },
  });
  const lines = page.getByRole("region", { name: "Log lines" });
  await expect(lines).toBeVisible();
  await lines.hover();
  await page.mouse.wheel(0, -400);
  await expect(page.getByRole("button", { name: "Follow" })).toBeVisible();
  await page.getByRole("button", { name: "Follow" }).click();
  await expect(page.getByRole("button", { name: "Follow" })).toBeHidden();
  await page.getByRole("searchbox", { name: "Search the log" }).fill("no such word anywhere");
  await expect(page.getByText("No line fits")).toBeVisible();
});

test("a reload under a running call fails no call", async ({ page, host }) => {
  await page.goto("/plugins/counter/calls?method=Counter.Count&as=json");
  await live(page);
  await page.getByRole("textbox", { name: "Parameters as JSON" }).fill('{"to": 40, "delay": 0.1}');
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(page.getByRole("list", { name: "Items" })).toContainText('{"number":2}');
  host.write(counter("1.1.0"));
  await expect(page.locator("header").getByText("1.1.0")).toBeVisible();
  await expect(page.getByRole("group", { name: "Result as JSON" })).toContainText('"version": "1.0.0"');
  await expect(page.getByRole("list", { name: "Items" })).toContainText('{"number":40}');
});

test("who requires a plugin is named before it is stopped, and unloaded with it", async ({ page }) => {
  await page.goto("/plugins/kv-python");
  await live(page);
  await page.getByRole("button", { name: "More for kv-python" }).click();
  await page.getByRole("menuitem", { name: "Stop" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("2 plugins could not run without it");
  await expect(dialog.getByRole("listitem")).toHaveText(["mailer", "report", "kv-python"]);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "More for kv-python" }).click();
  await page.getByRole("menuitem", { name: "Unload…" }).click();
  await dialog.getByRole("button", { name: "Unload all 3" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Plugins" })).toBeVisible();
  await expect(page.getByRole("link", { name: "kv-python" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "report" })).toHaveCount(0);
});

test("the keyboard alone leads everywhere", async ({ page }) => {
  await page.goto("/");
  await live(page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the page" })).toBeFocused();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await expect(page.getByRole("heading", { level: 1, name: "Topology" })).toBeFocused();
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await expect(page.getByRole("heading", { level: 1, name: "Plugins" })).toBeFocused();
  await page.keyboard.press("/");
  await page.keyboard.type("text-node");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await expect(page.getByRole("link", { name: "text-node", exact: true })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "text-node" })).toBeFocused();
  await page.keyboard.press("]");
  await expect(page).toHaveURL(/\/plugins\/text-node\/calls/);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: /^Find a plugin/ })).toBeFocused();
  await page.keyboard.type("misbe");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "misbehaving" })).toBeVisible();
  // The menu that had the focus is gone when its question is answered: something near has it then.
  await page.getByRole("button", { name: "More for misbehaving" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByRole("button", { name: "Cancel" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.locator("main header button:focus")).toBeVisible();
});

test("the stream can be paused, and is picked up where it was left", async ({ page, host }) => {
  await page.goto("/plugins/text-node");
  await live(page);
  await page.keyboard.press("p");
  await expect(page.locator("[data-connection=paused]")).toBeVisible();
  await host.api("/api/plugins/text-node/stop", {});
  await expect(page.locator("main header [data-state=ready]")).toBeVisible();
  await page.keyboard.press("p");
  await expect(page.locator("main header [data-state=stopped]")).toBeVisible();
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.locator("main header [data-state=ready]")).toBeVisible();
});

test("a host that goes and comes back is told of, and the page is live again by itself", async ({
  page,
  host,
}) => {
  // The scripts of the other pages, and those of their parts, are fetched once the first one stands.
  const fetched = [/\/topology-.*\.js$/, /\/schema-form-.*\.js$/].map((name) => page.waitForResponse(name));
  await page.goto("/");
  await live(page);
  for (const script of fetched) await (await script).finished();
  await host.stop();
  await expect(page.locator("[data-connection=reconnecting]")).toBeVisible();
  await expect(page.getByRole("table", { name: "Plugins" })).toBeVisible();
  // Another page says what is the matter, and the console around it lives on.
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await expect(page.getByRole("alert")).toContainText("The host does not answer");
  await host.start();
  await live(page);
  await expect(page.getByRole("heading", { level: 1, name: "Topology" })).toBeVisible();
  await page.goto("/");
  await expect(page.getByRole("link", { name: "text-node", exact: true })).toBeVisible();
});
