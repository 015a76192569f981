import {
  ArrowRightLeft,
  Blocks,
  Braces,
  ChartNoAxesGantt,
  type LucideIcon,
  Package,
  Settings2,
  Waypoints,
} from "lucide-react";

export interface Page {
  path: string;
  label: string;
  icon: LucideIcon;
  shortcut: string;
}

/** The pages that the navigation, the command menu and the shortcuts lead to: only those that there are. */
export const PAGES: readonly Page[] = [
  { path: "/", label: "Plugins", icon: Package, shortcut: "g p" },
  { path: "/interfaces", label: "Interfaces", icon: Braces, shortcut: "g i" },
  { path: "/topology", label: "Topology", icon: Waypoints, shortcut: "g t" },
  { path: "/traffic", label: "Traffic", icon: ArrowRightLeft, shortcut: "g r" },
  { path: "/events", label: "Events", icon: ChartNoAxesGantt, shortcut: "g e" },
  { path: "/extensions", label: "Extensions", icon: Blocks, shortcut: "g x" },
  { path: "/settings", label: "Settings", icon: Settings2, shortcut: "g s" },
];
