import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { CDPSession, Page } from "@playwright/test";
import type { Host, MadePlugin } from "../host";
import { expect, live, test } from "../test";

// Measures whether pages that are left open grow: `MINUTES=60 npx playwright test long/memory`. Not part of `./test`.
const MINUTES = Number(process.env["MINUTES"] ?? 0);
const SAMPLE_MS = 120_000;
/** A sample for each quarter. */
const LEAST_MINUTES = 6;
/** As many recorded calls and events as the console keeps: the pages are filled before anything is measured. */
const FILL_CALLS = 20_000;
const FILL_EVENTS = 4096;
const AT_ONCE = 8;

/** What happens meanwhile, in milliseconds from one to the next; each turn makes two events. */
const PACE = { call: 50, event: 400, log: 1000, crash: 20_000 };
const LINES_A_TIME = 15;

/** So often a person goes through the console before anything is measured: the browser compiles what is used often. */
const WARM_WALKS = 10;

/** How much a page may have grown from the second quarter of the samples to the last: noise, and no more. */
const MOST_GROWTH_BYTES = 1024 * 1024;
const MOST_GROWTH_NODES = 300;
const MOST_GROWTH_LISTENERS = 100;

/** Is switched off and on: events without processes. */
const resting: MadePlugin = {
  id: "resting",
  manifest: `version = "1.0.0"\ndescription = "Rests until it is called"\nstart = "on-demand"\n`,
  program: "",
};

test.use({
  // An hour of it would fill the disk.
  trace: "off",
  hostOptions: {
    examples: ["kv-python", "misbehaving"],
    made: [resting],
  },
});
test.skip(MINUTES < LEAST_MINUTES, `it takes as many minutes as MINUTES says, ${LEAST_MINUTES} at least`);
test.setTimeout((MINUTES + 15) * 60_000);

interface Sample {
  minute: number;
  page: string;
  heap: number;
  nodes: number;
  listeners: number;
}

/** Reads what a page holds on to, after its garbage is collected. */
async function measure(session: CDPSession): Promise<Omit<Sample, "minute" | "page">> {
  // The second time takes what the first one has let go of.
  for (let times = 0; times < 2; times += 1) await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? Number.NaN;
  return {
    heap: metric("JSHeapUsedSize"),
    nodes: metric("Nodes"),
    listeners: metric("JSEventListeners"),
  };
}

const call = (host: Host, number: number) =>
  host.api("/api/plugins/kv-python/call", {
    method: number % 4 === 0 ? "KeyValue.Get" : "KeyValue.Put",
    params:
      number % 4 === 0
        ? { key: `key-${number % 40}` }
        : { key: `key-${number % 40}`, value: "x".repeat(100) },
  });

const switchOver = async (host: Host) => {
  await host.api("/api/plugins/resting/disable", {});
  await host.api("/api/plugins/resting/enable", {});
};

/** Do as much as the pages keep, as fast as it goes. */
async function fill(host: Host): Promise<void> {
  const workers = Array.from({ length: AT_ONCE }, async (_, worker) => {
    for (let number = worker; number < FILL_CALLS; number += AT_ONCE) await call(host, number);
  });
  await Promise.all(workers);
  const lastEvent = async () => ((await host.api("/api/health")) as { last_event: number }).last_event;
  while ((await lastEvent()) < FILL_EVENTS) await switchOver(host);
}

/** Keep the host busy at a moderate pace until it is told to stop. */
function keepBusy(host: Host): () => Promise<void> {
  let going = true;
  const done: Record<keyof typeof PACE, number> = { call: 0, event: 0, log: 0, crash: 0 };
  const every = async (name: keyof typeof PACE, work: (number: number) => Promise<unknown>) => {
    const begin = Date.now();
    for (let number = 0; going; number += 1) {
      const pause = begin + number * PACE[name] - Date.now();
      if (pause > 0) await new Promise((resume) => setTimeout(resume, pause));
      await work(number);
      done[name] = number;
    }
  };
  const flood = (size: number) =>
    host.api("/api/plugins/misbehaving/call", {
      method: "Misbehaving.Flood",
      params: { target: "log", size },
    });
  const all = [
    every("call", (number) => call(host, number)),
    every("event", () => switchOver(host)),
    every("log", () => flood(LINES_A_TIME * 100)),
    every("crash", async () => {
      await host.api("/api/plugins/misbehaving/call", { method: "Misbehaving.Crash", params: {} });
      // It may not crash so often that it is given up.
      await host.api("/api/plugins/misbehaving/reset", {});
    }),
  ];
  return async () => {
    going = false;
    await Promise.all(all);
    test.info().annotations.push({ type: "done", description: JSON.stringify(done) });
  };
}

/** Go through the console as a person does, and come back to the first page. */
async function walk(page: Page): Promise<void> {
  const pages = page.getByRole("navigation", { name: "Pages" });
  for (const name of ["Interfaces", "Topology", "Traffic", "Events", "Extensions", "Settings", "Plugins"]) {
    await pages.getByRole("link", { name }).click();
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  }
  for (const plugin of ["kv-python", "misbehaving"]) {
    await page.getByRole("link", { name: plugin, exact: true }).first().click();
    for (const name of ["Calls", "Traffic", "Logs", "Manifest", "Configuration", "Events"]) {
      await page
        .getByRole("navigation", { name: `Parts of ${plugin}` })
        .getByRole("link", { name })
        .click();
      await page.waitForTimeout(500);
    }
    await pages.getByRole("link", { name: "Plugins" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Plugins" })).toBeVisible();
  }
}

test("pages that are left open do not grow", async ({ page, context, host, complaints }) => {
  const paths = { overview: "/", events: "/events?instances=all", traffic: "/traffic", walker: "/" };
  const pages: Record<string, Page> = {};
  const sessions: Record<string, CDPSession> = {};
  for (const [name, path] of Object.entries(paths)) {
    const own = name === "overview" ? page : await context.newPage();
    await own.goto(path);
    await live(own);
    pages[name] = own;
    sessions[name] = await context.newCDPSession(own);
    await sessions[name].send("Performance.enable");
  }
  const walker = pages["walker"] as Page;
  for (let times = 0; times < WARM_WALKS; times += 1) await walk(walker);
  await fill(host);
  const stop = keepBusy(host);

  const samples: Sample[] = [];
  const begin = Date.now();
  for (let number = 0; number * SAMPLE_MS <= MINUTES * 60_000; number += 1) {
    await page.waitForTimeout(Math.max(0, begin + number * SAMPLE_MS - Date.now()));
    await walk(walker);
    for (const [name, session] of Object.entries(sessions)) {
      const minute = Math.round((Date.now() - begin) / 60_000);
      const sample = { minute, page: name, ...(await measure(session)) };
      samples.push(sample);
      process.stdout.write(`${JSON.stringify(sample)}\n`);
    }
    process.stdout.write(`${JSON.stringify({ host: memoryOf(host) })}\n`);
  }
  await stop();
  // They were alive to the end.
  await expect(pages["events"]?.getByText("4,096 events") ?? page.locator("x")).toBeVisible();

  const into = resolve(import.meta.dirname, "../../../test-results");
  mkdirSync(into, { recursive: true });
  writeFileSync(resolve(into, "memory.json"), JSON.stringify(samples, null, 1));
  const told = Object.keys(paths).flatMap((name) => grown(samples.filter((one) => one.page === name)));
  expect(told).toEqual([]);
  // A crash is on purpose, and its call fails in no page of these.
  expect(complaints).toEqual([]);
});

/** Resident bytes of the host's process. */
function memoryOf({ pid }: Host): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(found?.[1]) * 1024;
}

/** Say what of a page has grown from the second quarter of its samples to the last; in the first the browser compiles. */
function grown(samples: readonly Sample[]): string[] {
  const part = Math.floor(samples.length / 4);
  const least = (of: readonly Sample[], what: "heap" | "nodes" | "listeners") =>
    Math.min(...of.map((one) => one[what]));
  const growth = (what: "heap" | "nodes" | "listeners") =>
    least(samples.slice(-part), what) - least(samples.slice(part, 2 * part), what);
  const bounds = { heap: MOST_GROWTH_BYTES, nodes: MOST_GROWTH_NODES, listeners: MOST_GROWTH_LISTENERS };
  return Object.entries(bounds).flatMap(([what, most]) => {
    const by = growth(what as "heap" | "nodes" | "listeners");
    return by > most ? [`${samples[0]?.page}: ${what} has grown by ${by}`] : [];
  });
}
