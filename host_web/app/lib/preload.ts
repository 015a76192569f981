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
