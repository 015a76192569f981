import { Search } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation, useNavigate, useNavigation } from "react-router";
import { leave } from "~/components/leave";
import { Button } from "~/components/ui/button";
import { Kbd } from "~/components/ui/kbd";
import { moveRow, useShortcuts } from "~/lib/keyboard";
import { live, socket } from "~/lib/live/live";
import { preloadPages } from "~/lib/preload";
import { setTheme, THEMES } from "~/lib/theme";
import { AccountLink } from "./account-link";
import { ConnectionMark } from "./connection-mark";
import { Navigation } from "./navigation";
import { Notices } from "./notices";
import { PAGES } from "./pages";
import { RefusedBar } from "./refused-bar";
import { SignedOutBar } from "./signed-out-bar";
import { ThemeButton } from "./theme-button";
import { useLiveData } from "./use-live-data";

// Neither is needed before somebody asks for it; the first is fetched in good time, since people type at once.
const loadCommandMenu = () => import("./command-menu");
const CommandMenu = lazy(loadCommandMenu);
const ShortcutHelp = lazy(() => import("./shortcut-help"));

/** After the first page is there and has its data. */
const PRELOAD_MS = 1500;

const togglePause = () => (live.getSnapshot().connection === "paused" ? socket.start() : socket.pause());

/** Put the focus into the page's filter; true where there is one. */
function focusFilter(): boolean {
  const filter = document.querySelector<HTMLInputElement>("main [data-filter]");
  filter?.focus();
  filter?.select();
  return filter !== null;
}

/** From the filter Escape leads back to the page, and Enter or the arrow down to the first row. */
function leaveFilter(event: KeyboardEvent, filter: HTMLElement): void {
  if (event.key === "Escape") {
    // What was typed stays; the browser would clear it.
    event.preventDefault();
    filter.blur();
  } else if (event.key === "Enter" || event.key === "ArrowDown") {
    event.preventDefault();
    filter.blur();
    moveRow(1);
  }
}

/** Go to the tab before or after the one that is open. */
function moveTab(step: 1 | -1): void {
  const tabs = [...document.querySelectorAll<HTMLAnchorElement>("main [data-tab]")];
  const at = tabs.findIndex((tab) => tab.getAttribute("aria-current") === "page");
  if (at !== -1) tabs[(at + step + tabs.length) % tabs.length]?.click();
}

/** Is what surrounds every page, and goes on living when a page fails. */
export function Shell({ children }: { children: ReactNode }) {
  const [menuOpen, setMenuOpen] = useState(false);
  const [helpOpen, setHelpOpen] = useState(false);
  const navigate = useNavigate();
  useLiveData();
  useFocusOnNavigation();
  useKeptFocus();

  useShortcuts({
    "?": () => setHelpOpen(true),
    "/": () => {
      if (!focusFilter()) setMenuOpen(true);
    },
    j: () => moveRow(1),
    k: () => moveRow(-1),
    "[": () => moveTab(-1),
    "]": () => moveTab(1),
    p: togglePause,
    l: () => navigate("/load"),
    ...Object.fromEntries(PAGES.map((page) => [page.shortcut, () => navigate(page.path)])),
  });
  useEffect(() => {
    const timer = setTimeout(() => {
      loadCommandMenu().catch(() => undefined);
      preloadPages();
    }, PRELOAD_MS);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLElement && event.target.matches("main [data-filter]"))
        leaveFilter(event, event.target);
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      setMenuOpen((open) => !open);
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);

  const commands = useMemo(
    () => [
      {
        key: "pause",
        label: "Pause or resume the live stream",
        hint: "Command",
        shortcut: "p",
        run: togglePause,
      },
      {
        key: "load",
        label: "Load a plugin",
        hint: "Command",
        shortcut: "l",
        run: () => navigate("/load"),
      },
      { key: "keys", label: "Show the keys", hint: "Command", shortcut: "?", run: () => setHelpOpen(true) },
      { key: "leave", label: "Sign out", hint: "Command", run: () => void leave() },
      ...THEMES.map((theme) => ({
        key: `theme:${theme}`,
        label: `Theme: ${theme}`,
        hint: "Command",
        run: () => setTheme(theme),
      })),
    ],
    [navigate],
  );

  return (
    <Frame
      header={
        <>
          <Button
            onClick={() => setMenuOpen(true)}
            className="w-56 text-faint! justify-start! font-normal! max-sm:w-7 max-sm:justify-center! max-sm:px-0!"
          >
            <Search aria-hidden />
            <span className="flex-1 text-left max-sm:sr-only">Find…</span>
            <span className="sr-only">a plugin, a page or a command</span>
            <span aria-hidden className="flex gap-1 max-sm:hidden">
              <Kbd>Ctrl</Kbd>
              <Kbd>K</Kbd>
            </span>
          </Button>
          <ConnectionMark />
          <ThemeButton />
          <Button
            variant="ghost"
            size="icon"
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts (?)"
            onClick={() => setHelpOpen(true)}
          >
            <span aria-hidden className="text-base">
              ?
            </span>
          </Button>
          <AccountLink />
        </>
      }
      banner={
        <>
          <SignedOutBar />
          <RefusedBar />
        </>
      }
      navigation={<Navigation />}
    >
      {children}
      <Suspense fallback={null}>
        {menuOpen && <CommandMenu open onClose={() => setMenuOpen(false)} commands={commands} />}
        {helpOpen && <ShortcutHelp open onClose={() => setHelpOpen(false)} />}
      </Suspense>
      <Notices />
    </Frame>
  );
}

/** Lays header, navigation and page out; it also stands alone while the first data is on its way. */
export function Frame(props: {
  header?: ReactNode;
  banner?: ReactNode;
  navigation?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="flex h-dvh flex-col">
      <a
        href="#main"
        className="absolute -top-20 left-2 z-50 rounded-md bg-accent px-3 py-1.5 text-on-accent focus:top-2"
      >
        Skip to the page
      </a>
      <header className="flex h-11 shrink-0 items-center gap-1.5 border-line border-b bg-canvas px-3">
        <Link to="/" className="mr-auto flex items-center gap-2 rounded-sm px-1 font-semibold text-base">
          <Logo />
          Polyhost
        </Link>
        {props.header}
      </header>
      {props.banner}
      <div className="flex min-h-0 flex-1 max-sm:flex-col">
        {props.navigation ?? <div className="shrink-0 border-line sm:w-[52px] sm:border-r lg:w-48" />}
        <main id="main" tabIndex={-1} className="relative min-h-0 min-w-0 flex-1 overflow-auto">
          <Progress />
          {props.children}
        </main>
      </div>
    </div>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 16 16" className="size-4" aria-hidden="true">
      <rect x="1" y="1" width="6" height="6" rx="1.5" className="fill-accent-text" />
      <rect x="9" y="1" width="6" height="6" rx="1.5" className="fill-faint" />
      <rect x="1" y="9" width="6" height="6" rx="1.5" className="fill-faint" />
      <rect x="9" y="9" width="6" height="6" rx="3" className="fill-accent-text" />
    </svg>
  );
}

/** Shows on top of the page that the next one is being fetched, once that takes long enough to be noticed. */
function Progress() {
  const { state } = useNavigation();
  if (state === "idle") return null;
  return (
    <div
      aria-hidden
      className="sticky top-0 z-40 h-0.5 w-full animate-[appear_200ms_150ms_forwards] bg-accent opacity-0"
    />
  );
}

/** Put the focus somewhere near when what has it goes away; nothing does before the first page is there. */
function useKeptFocus(): void {
  useEffect(() => {
    let end: (() => void) | undefined;
    let gone = false;
    import("~/lib/keep-focus").then(
      ({ keepFocus }) => {
        const page = document.getElementById("main");
        if (page !== null && !gone) end = keepFocus(page);
      },
      () => undefined,
    );
    return () => {
      gone = true;
      end?.();
    };
  }, []);
}

/** After a change of the page, not of a tab or a filter in it, put the focus on its heading. */
function useFocusOnNavigation(): void {
  const { pathname } = useLocation();
  const page = pathname.split("/").slice(1, 3).join("/");
  const last = useRef(page);
  useEffect(() => {
    if (last.current === page) return;
    last.current = page;
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    document.getElementById("main")?.scrollTo(0, 0);
  }, [page]);
}
