import { reactRouter } from "@react-router/dev/vite";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

// The host whose API the development server passes on; see README.md.
const host = process.env["POLYHOST_SERVER"] ?? "http://127.0.0.1:8080";

// What surrounds each page, and all of `lib` but for what belongs to pages that are not the first one.
const EVERYWHERE = new RegExp(
  [
    "app/lib/(?!api/(?:interfaces|loading|traffic|upload)\\.|live/calls\\.|(?:clipboard|download|events|isolated|keep-focus|spans|verification)\\.)",
    "app/components/(?:ui/(?:button|input|badge|panel|table|kbd)|page|views|status|leave|use-commands|refusal|reason-text)\\.",
    "app/features/shell/(?!command-menu|shortcut-help)",
    "app/routes/shell\\.",
    "node_modules/(?:clsx|class-variance-authority)/",
    "node_modules/lucide-react/dist/esm/icons/(?:arrow-up|plus|search|x)\\.",
    "vite/preload-helper",
  ].join("|"),
);

export default defineConfig({
  plugins: [tailwindcss(), reactRouter()],
  resolve: { tsconfigPaths: true },
  // All that any page imports is prepared at the start: found later, it would have the development server reload the page.
  optimizeDeps: { entries: ["app/**/*.{ts,tsx}", "!app/**/*.test.*"] },
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      "/api": { target: host, ws: true },
      "/metrics": { target: host },
      "/openapi.json": { target: host },
    },
  },
  build: {
    // What is older lacks what the console is written with: CSS nesting, `Map.groupBy`, `AbortSignal.any`.
    target: ["chrome119", "firefox128", "safari17.4"],
    // A data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // What every page needs is in two files, which compress better than thirty; the first one changes only with a
        // new version of what is in it.
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules\/(?:react|react-dom|react-router|scheduler)\// },
            { name: "base", test: EVERYWHERE },
          ],
        },
      },
    },
  },
});
