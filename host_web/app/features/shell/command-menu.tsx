import { Search } from "lucide-react";
import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { StatusMark } from "~/components/status";
import { Dialog } from "~/components/ui/dialog";
import { Kbd } from "~/components/ui/kbd";
import type { PluginState } from "~/lib/api/types";
import { cn } from "~/lib/classes";
import { selectPlugins, useLive } from "~/lib/live/live";
import { compareByNeed } from "~/lib/status";
import { PAGES } from "./pages";

/** As many as fit without scrolling past what anybody reads. */
const MOST_SHOWN = 50;

interface Entry {
  key: string;
  label: string;
  hint: string;
  state?: PluginState;
  shortcut?: string;
  run: () => void;
}

/** Finds a plugin, a page or a command by a few letters. */
export default function CommandMenu({
  open,
  onClose,
  commands,
}: {
  open: boolean;
  onClose: () => void;
  commands: Entry[];
}) {
  return (
    <Dialog open={open} onClose={onClose} title="Find" className="max-w-xl!">
      <CommandList onClose={onClose} commands={commands} />
    </Dialog>
  );
}

function CommandList({ onClose, commands }: { onClose: () => void; commands: Entry[] }) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const plugins = useLive(selectPlugins);
  const navigate = useNavigate();
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);

  const entries = useMemo<Entry[]>(() => {
    const pages = PAGES.map((page) => ({
      key: page.path,
      label: page.label,
      hint: "Page",
      shortcut: page.shortcut,
      run: () => navigate(page.path),
    }));
    const fleet = [...plugins.values()].sort(compareByNeed).map((plugin) => ({
      key: `plugin:${plugin.id}`,
      label: plugin.id,
      hint: plugin.description,
      state: plugin.state,
      run: () => navigate(`/plugins/${encodeURIComponent(plugin.id)}`),
    }));
    return [...fleet, ...pages, ...commands];
  }, [plugins, navigate, commands]);
  const found = entries.filter((entry) => matches(entry, query)).slice(0, MOST_SHOWN);
  const chosen = Math.min(at, found.length - 1);

  const move = (to: number) => {
    setAt(to);
    list.current?.children[to]?.scrollIntoView({ block: "nearest" });
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") move(Math.min(found.length - 1, chosen + 1));
    else if (event.key === "ArrowUp") move(Math.max(0, chosen - 1));
    else if (event.key === "Enter") choose(found[chosen]);
    else return;
    event.preventDefault();
  };
  const choose = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    entry.run();
  };

  return (
    <>
      <div className="mx-3 mb-2 flex items-center gap-2 rounded-md border border-line-strong/60 px-2">
        <Search aria-hidden className="size-4 text-faint" />
        <input
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={found.length > 0 ? `${listId}-${chosen}` : undefined}
          aria-label="Find a plugin, a page or a command"
          placeholder="A plugin, a page or a command"
          className="h-9 flex-1 bg-transparent outline-none"
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={pressed}
        />
      </div>
      <div
        ref={list}
        id={listId}
        role="listbox"
        aria-label="Found"
        className="max-h-[50vh] overflow-auto px-2 pb-2"
      >
        {found.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys go to the field, as a combobox has it
          <div
            key={entry.key}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onClick={() => choose(entry)}
            onPointerMove={() => setAt(index)}
            className={cn(
              "flex h-8 cursor-pointer items-center gap-3 rounded-md px-2",
              index === chosen && "bg-hover",
            )}
          >
            <span className={cn("shrink-0", entry.state && "font-mono text-xs")}>{entry.label}</span>
            <span className="min-w-0 flex-1 truncate text-faint">{entry.hint}</span>
            {entry.state && <StatusMark state={entry.state} />}
            {entry.shortcut && (
              <span className="flex gap-1">
                {entry.shortcut.split(" ").map((key) => (
                  <Kbd key={key}>{key}</Kbd>
                ))}
              </span>
            )}
          </div>
        ))}
        {found.length === 0 && (
          <p className="px-2 py-6 text-center text-muted">Nothing has “{query}” in its name.</p>
        )}
      </div>
    </>
  );
}

/** Each word of the query is somewhere in the name or the hint. */
function matches(entry: Entry, query: string): boolean {
  const text = `${entry.label} ${entry.hint}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
