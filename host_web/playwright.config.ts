import { execFileSync } from "node:child_process";
import { defineConfig } from "@playwright/test";

/** Find the browser of the system: none is ever downloaded. */
function findChromium(): string {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // The next name may be there.
    }
  }
  throw new Error("There is no Chromium on PATH; on Debian: apt-get install chromium");
}

export default defineConfig({
  testDir: "tests/e2e",
  // Pictures and measurements are made only when somebody asks for them.
  testIgnore: [
    ...(process.env["SCREENSHOTS"] === undefined ? ["screenshots.spec.ts"] : []),
    ...(process.env["MINUTES"] === undefined ? ["long/**"] : []),
  ],
  // Hosts, plugins and a browser share the machine: generous limits, and one at a time.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  forbidOnly: true,
  use: {
    viewport: { width: 1280, height: 800 },
    colorScheme: "light",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: findChromium(),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
