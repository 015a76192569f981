import { NavLink, useLocation } from "react-router";
import { cn } from "~/lib/classes";
import { selectPlugins, useLive } from "~/lib/live/live";
import { needsAttention } from "~/lib/status";
import { PAGES } from "./pages";

/** Lists the pages: with words where there is room, as icons on a narrow screen, as a line on top on a phone. */
export function Navigation() {
  const plugins = useLive(selectPlugins);
  const troubled = [...plugins.values()].filter(needsAttention).length;
  const { pathname } = useLocation();
  return (
    <nav
      aria-label="Pages"
      className="flex shrink-0 gap-0.5 overflow-x-auto border-line px-2 py-2 max-sm:border-b sm:w-[52px] sm:flex-col sm:border-r lg:w-48"
    >
      {PAGES.map(({ path, label, icon: Icon, shortcut }) => {
        const active =
          path === "/" ? pathname === "/" || pathname.startsWith("/plugins") : pathname.startsWith(path);
        const count = path === "/" && troubled > 0 ? troubled : null;
        return (
          <NavLink
            key={path}
            to={path}
            title={`${label} (${shortcut})`}
            aria-current={active ? "page" : undefined}
            className={cn(
              "relative flex h-8 shrink-0 items-center gap-2.5 rounded-md px-2.5 text-muted hover:bg-hover hover:text-text",
              active && "bg-hover font-medium text-text",
            )}
          >
            <Icon aria-hidden className="size-4 shrink-0" />
            <span className="max-lg:sr-only">{label}</span>
            {count !== null && (
              <span className="ml-auto rounded-sm bg-bad-ground px-1.5 text-bad text-xs tabular max-lg:absolute max-lg:top-0 max-lg:right-0 max-lg:px-1 max-lg:text-[10px]">
                {count}
                <span className="sr-only"> need attention</span>
              </span>
            )}
          </NavLink>
        );
      })}
    </nav>
  );
}
