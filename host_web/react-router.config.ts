import type { Config } from "@react-router/dev/config";

// The console is files that the host serves: nothing of it runs in a Node process.
export default {
  ssr: false,
} satisfies Config;
