import { useEffect, useRef } from "react";

/** How long after the first key of a pair such as `g p` the second one still belongs to it. */
const PAIR_MS = 1200;

/** By key, or pair of keys with a space between: what it does. */
export type Shortcuts = Readonly<Record<string, () => void>>;

/** Say whether a key is meant for what has the focus, and not for the page. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  if (target.closest("[role=menu], [role=listbox], dialog[open]") !== null) return true;
  return (
    target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit"].includes(target.type)
  );
}

/** Turns keys into the names of shortcuts; `null` while a pair is not complete, or when there is none. */
export class KeyReader {
  #first: { key: string; at: number } | null = null;

  read(key: string, names: ReadonlySet<string>, at: number): string | null {
    const first = this.#first !== null && at - this.#first.at <= PAIR_MS ? this.#first.key : null;
    this.#first = null;
    if (first !== null && names.has(`${first} ${key}`)) return `${first} ${key}`;
    if (names.has(key)) return key;
    if ([...names].some((name) => name.startsWith(`${key} `))) this.#first = { key, at };
    return null;
  }
}

/** Listen to shortcuts as long as the caller is shown; keys that are being typed are left alone. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    const reader = new KeyReader();
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return;
      if (document.querySelector("dialog[open]") !== null) return;
      const name = reader.read(event.key, new Set(Object.keys(latest.current)), event.timeStamp);
      if (name === null) return;
      event.preventDefault();
      latest.current[name]?.();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}

/** Move the focus among the rows of the page, those elements that have `data-row`. */
export function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  if (rows.length === 0) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next =
    at === -1 ? (step === 1 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
  rows[next]?.focus();
  rows[next]?.scrollIntoView({ block: "nearest" });
}

/** What the list behind `?` shows. */
export const SHORTCUT_HELP = [
  {
    title: "Go to",
    keys: [
      ["g p", "Plugins"],
      ["g t", "Topology"],
      ["g i", "Interfaces"],
      ["g r", "Traffic"],
      ["g e", "Events"],
      ["g x", "Extensions"],
      ["g s", "Settings"],
    ],
  },
  {
    title: "On a page",
    keys: [
      ["/", "Search or filter; Enter goes to the first row"],
      ["j", "Next row"],
      ["k", "Previous row"],
      ["Enter", "Open the row"],
      ["[", "Previous tab"],
      ["]", "Next tab"],
    ],
  },
  {
    title: "Anywhere",
    keys: [
      ["Ctrl K", "Find a plugin, a page or a command"],
      ["l", "Load a plugin"],
      ["p", "Pause or resume the live stream"],
      ["?", "Show this list"],
    ],
  },
] as const;
