// Holds what a browser loads before it shows the first page below a bound.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 150_000; // bytes in gzip: two seconds on a slow line, and what the design allows
const built = new URL("../build/client/", import.meta.url);

const page = readFileSync(new URL("index.html", built), "utf8");
const named = [...page.matchAll(/(?:href|src)="\/([^"]+)"/g)].map((found) => found[1]);
// The page names what every page needs; the first one is the overview, and its script names the rest.
const manifest = readFileSync(
  new URL(
    named.find((name) => name.includes("manifest-")),
    built,
  ),
  "utf8",
);
const routes = JSON.parse(manifest.slice(manifest.indexOf("{"), manifest.lastIndexOf("}") + 1)).routes;
const first = Object.values(routes)
  .filter((route) => ["routes/shell", "routes/overview"].includes(route.id))
  .flatMap((route) => [route.module, ...route.imports, ...route.css])
  .map((name) => name.slice(1).replace(/#$/, ""));

const files = ["index.html", ...new Set([...named, ...first])].filter((name) =>
  /\.(?:html|js|css)$/.test(name),
);
const sizes = files.map((name) => [name, gzipSync(readFileSync(new URL(name, built))).length]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);

for (const [name, size] of sizes.sort((a, b) => b[1] - a[1])) {
  process.stdout.write(`${String(size).padStart(8)}  ${name}\n`);
}
process.stdout.write(`${String(total).padStart(8)}  of ${LIMIT} bytes for the first page\n`);
if (total > LIMIT) {
  process.stderr.write("The first page loads too much: split off what it does not show.\n");
  process.exit(1);
}
