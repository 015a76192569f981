import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { broken, type MadePlugin, report } from "./host";
import { expect, live, test } from "./test";

// The pictures of the README, which are taken only when somebody asks for them: `SCREENSHOTS=../docs/images npx playwright test screenshots`.
const folder = process.env["SCREENSHOTS"];

/** Require what others provide, and what nobody does, so that the graph has something to show. */
const digest: MadePlugin = {
  ...report,
  id: "digest",
  manifest: `version = "0.3.1"
description = "Turns the notes of the day into a page"
[requires.interfaces]
Notes = "^1.0"
TableSummary = "^1.0"
`,
  program: report.program.replaceAll("report", "digest").replaceAll("Report", "Digest"),
};
const mailer: MadePlugin = {
  ...report,
  id: "mailer",
  manifest: `version = "2.0.0"
description = "Sends the page to those who asked for it"
[requires.plugins]
digest = ">=0.3"
[requires.interfaces]
Mail = "^2.0"
`,
};

/** Ends a moment after each start. */
const feed: MadePlugin = {
  id: "feed",
  manifest: `version = "0.9.0"
description = "Reads a feed that is often not there"
[restart]
intensity = 1000
backoff = 20
`,
  program: `
import os, sys, threading, time
from polyhost_plugin import Plugin
plugin = Plugin("feed", version="0.9.0")

def end():
    time.sleep(1)  # it is ready for a moment before it crashes
    print("ConnectionRefusedError: feed.example.org refused the connection", file=sys.stderr, flush=True)
    os._exit(1)

threading.Thread(target=end, daemon=True).start()
plugin.run()
`,
};

test.use({
  hostOptions: {
    examples: ["csv-summary-perl", "kv-python", "misbehaving", "notes-python", "text-node"],
    made: [broken, digest, feed, mailer],
  },
});
test.setTimeout(180_000);

const PICTURES = [
  ["overview", "/"],
  ["plugin", "/plugins/kv-python"],
  ["calls", "/plugins/text-node/calls?method=TextTools.ToHtml"],
  ["traffic", "/plugins/kv-python/traffic"],
  ["topology", "/topology"],
] as const;

test("pictures are taken from real plugins, in both themes", async ({ page, host, complaints }) => {
  const into = resolve(folder ?? "");
  mkdirSync(into, { recursive: true });
  // Somebody uses the store while the pictures are taken.
  let going = true;
  const traffic = (async () => {
    for (let number = 0; going; number += 1) {
      const params = { key: `key-${number % 40}`, value: "x".repeat(200) };
      await host.api("/api/plugins/kv-python/call", { method: "KeyValue.Put", params });
      if (number % 3 === 0)
        await host.api("/api/plugins/kv-python/call", { method: "KeyValue.List", params: {} });
      if (number % 20 === 5)
        await host.api("/api/plugins/notes-python/call", {
          method: "Notes.Write",
          params: { title: `note ${number % 7}`, markdown: "# Today\n\nWe met *everybody*." },
        });
      if (number % 10 === 0)
        await host.api("/api/plugins/text-node/call", {
          method: "TextTools.Statistics",
          params: { text: "a" },
        });
    }
  })();
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    for (const [name, path] of PICTURES) {
      await page.goto(path);
      await live(page);
      if (name === "overview")
        await expect(page.getByLabel("All plugins together")).toContainText("MiB", { timeout: 30_000 });
      if (name === "calls") {
        await page
          .getByRole("textbox", { name: /^markdown/ })
          .fill("# Polyhost\n\nRuns plugins in *any* language:\n\n* Python\n* Go\n* Perl");
        await page.keyboard.press("Control+Enter");
        await expect(page.locator("iframe")).toBeVisible();
      }
      // Until the charts have something to show, and the graph is drawn.
      await page.waitForTimeout(name === "plugin" ? 15_000 : 2500);
      await page.screenshot({ path: resolve(into, `console-${name}-${theme}.png`) });
    }
  }
  going = false;
  await traffic;
  // The browser tells that the test's own script may not run in the frame of the result.
  complaints.length = 0;
});
