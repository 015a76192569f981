import { defineConfig } from "@playwright/test";
import { LAUNCH } from "./tests/chromium";

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
    launchOptions: LAUNCH,
  },
});
