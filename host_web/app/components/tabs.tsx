import { NavLink } from "react-router";
import { cn } from "~/lib/classes";

export interface Tab {
  to: string;
  label: string;
  end?: boolean;
}

/** Leads to the parts of a page; each has its own address. */
export function Tabs({ tabs, label }: { tabs: readonly Tab[]; label: string }) {
  return (
    <nav aria-label={label} className="flex gap-1 overflow-x-auto border-b px-3">
      {tabs.map((tab) => (
        <NavLink
          key={tab.to}
          data-tab
          to={tab.to}
          end={tab.end ?? false}
          className={({ isActive }) =>
            cn(
              "-mb-px shrink-0 rounded-t-sm border-b-2 px-2.5 py-1.5",
              isActive
                ? "border-accent font-medium text-text"
                : "border-transparent text-muted hover:text-text",
            )
          }
        >
          {tab.label}
        </NavLink>
      ))}
    </nav>
  );
}
