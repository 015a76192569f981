import { type ComponentType, type LazyExoticComponent, lazy } from "react";

/** What the router says of the pages: which scripts each of them needs. */
interface Manifest {
  routes: Record<string, Record<`${string}odule`, string | undefined> | undefined>;
}

/**
 * Fetch the scripts of all pages in good time.
 *
 * They then come at once, and also while the host is down: a page whose script cannot be fetched would have the browser
 * show an error of its own in place of the console.
 */
export function preloadPages(): void {
  const { __reactRouterManifest: manifest } = window as { __reactRouterManifest?: Manifest };
  const scripts = Object.values(manifest?.routes ?? {}).flatMap((route) =>
    Object.entries(route ?? {})
      .filter(([key]) => key.toLowerCase().endsWith("module"))
      .map(([, address]) => address),
  );
  for (const address of new Set(scripts)) {
    // What cannot be fetched now is fetched when it is needed.
    if (address !== undefined) import(/* @vite-ignore */ address).catch(() => undefined);
  }
}

/**
 * Make a part of a page whose script is fetched when the page's own is there, not only when the part is shown: then it
 * comes at once, and also while the host is down.
 */
// biome-ignore lint/suspicious/noExplicitAny: React's own bound for what may be lazy; the part keeps its props
export function lazyPart<T extends ComponentType<any>>(
  load: () => Promise<{ default: T }>,
): LazyExoticComponent<T> {
  if (typeof window !== "undefined") setTimeout(() => load().catch(() => undefined));
  return lazy(load);
}
