import { useSyncExternalStore } from "react";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "polyhost-theme";

/**
 * Runs in the page's head before anything is drawn, so that no wrong theme flashes. It stands in index.html as text;
 * the host reads its hash from there and allows this script and no other in the content security policy.
 */
export const THEME_SCRIPT = `(function(){var t;try{t=localStorage.getItem("${KEY}")}catch(e){}
if(t!=="light"&&t!=="dark")t=matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light";
document.documentElement.dataset.theme=t})()`;

const listeners = new Set<() => void>();

function isTheme(value: unknown): value is Theme {
  return THEMES.includes(value as Theme);
}

export function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return isTheme(kept) ? kept : "system";
  } catch {
    return "system"; // a browser that forbids storage has no wish to keep
  }
}

function show(): void {
  const theme = readTheme();
  const dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
}

export function setTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    document.documentElement.dataset["theme"] = theme === "dark" ? "dark" : "light";
    return;
  }
  show();
  for (const listener of listeners) listener();
}

/** Follow the system's wish, and the choice made in another tab; returns what ends it. */
export function followTheme(): () => void {
  const media = matchMedia("(prefers-color-scheme: dark)");
  const changed = () => {
    show();
    for (const listener of listeners) listener();
  };
  media.addEventListener("change", changed);
  window.addEventListener("storage", changed);
  return () => {
    media.removeEventListener("change", changed);
    window.removeEventListener("storage", changed);
  };
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    readTheme,
    () => "system",
  );
}
