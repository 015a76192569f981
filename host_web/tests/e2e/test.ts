import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import { Host, type HostOptions } from "./host";

interface Fixtures {
  /** Says which plugins the host of a file has. */
  hostOptions: HostOptions;
  host: Host;
  /** Fails the test for what the browser complains of: refused styles, errors, requests to elsewhere. */
  complaints: string[];
}

export const test = base.extend<
  Omit<Fixtures, "host" | "hostOptions">,
  Pick<Fixtures, "host" | "hostOptions">
>({
  hostOptions: [{}, { option: true, scope: "worker" }],
  host: [
    async ({ hostOptions }, use) => {
      const host = new Host(hostOptions);
      await host.start();
      await use(host);
      await host.stop();
      host.remove();
    },
    { scope: "worker", timeout: 90_000 },
  ],
  complaints: [
    async ({ page, host }, use) => {
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" && !message.text().includes("ERR_CONNECTION"))
          complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("request", (request) => {
        const { protocol, origin } = new URL(request.url());
        const own = ["data:", "blob:", "about:"].includes(protocol) || origin === new URL(host.url).origin;
        if (!own) complaints.push(`a request left the host: ${request.url()}`);
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
  baseURL: async ({ host }, use) => use(host.url),
});

export { expect };

/** Wait until the page is live: its websocket is open and has said hello. */
export async function live(page: Page): Promise<void> {
  await expect(page.locator("[data-connection=live]")).toBeVisible();
}

/** Hold a page to WCAG 2.2 AA as far as a program can tell. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n   ")}`);
  expect(told).toEqual([]);
}

/** Nothing makes the page as a whole scroll sideways. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  expect(content).toBeLessThanOrEqual(window ?? 0);
}
