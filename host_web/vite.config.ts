import { reactRouter } from "@react-router/dev/vite";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

// The host whose API the development server passes on; see README.md.
const host = process.env["POLYHOST_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [tailwindcss(), reactRouter()],
  resolve: { tsconfigPaths: true },
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
    // What is older lacks the CSS that Tailwind writes.
    target: ["chrome111", "firefox128", "safari16.4"],
    // A data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
  },
});
