import tailwindcss from "@tailwindcss/vite";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { LAUNCH } from "./tests/chromium.ts";

// Components alone, in the browser that the flows use: what has to do with sizes, scrolling, focus and time.
export default defineConfig({
  plugins: [tailwindcss()],
  resolve: { tsconfigPaths: true },
  // Found before the first test: else the page would be loaded anew when the first of them is met.
  optimizeDeps: {
    include: [
      "@cfworker/json-schema",
      "@rjsf/core/lib/components/Form.js",
      "react",
      "react-dom",
      "react/jsx-dev-runtime",
      "vitest-browser-react",
    ],
  },
  test: {
    include: ["app/**/*.browser.test.{ts,tsx}"],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: LAUNCH }),
      instances: [{ browser: "chromium", viewport: { width: 900, height: 600 } }],
    },
  },
});
