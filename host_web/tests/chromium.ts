import { execFileSync } from "node:child_process";

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

/** How tests start the browser; it asks nothing of the network by itself. */
export const LAUNCH = {
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
};
