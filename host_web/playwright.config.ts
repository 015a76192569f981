import { defineConfig } from "@playwright/test";
import { LAUNCH } from "./tests/chromium";

/** Pictures and long measurements are made only when somebody asks for them. */
const NOT_ASKED_FOR = [
  ...(process.env["SCREENSHOTS"] === undefined ? ["screenshots.spec.ts"] : []),
  ...(process.env["MINUTES"] === undefined ? ["long/**"] : []),
];
const MEASURED = "scale.spec.ts";

export default defineConfig({
  testDir: "tests/e2e",
  // Hosts, plugins and browsers share the machine: generous limits, and two at a time, one for each core that the
  // smallest machines have. Each file has a host of its own.
  workers: 2,
  // What measures how smoothly something is drawn has the machine to itself: `./test` runs the projects one by one.
  projects: [
    { name: "flows", testIgnore: [...NOT_ASKED_FOR, MEASURED] },
    { name: "measured", testMatch: MEASURED, testIgnore: NOT_ASKED_FOR },
  ],
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
