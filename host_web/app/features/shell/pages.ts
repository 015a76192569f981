import { type LucideIcon, Package } from "lucide-react";

export interface Page {
  path: string;
  label: string;
  icon: LucideIcon;
  shortcut: string;
}

/** The pages that the navigation, the command menu and the shortcuts lead to: only those that there are. */
export const PAGES: readonly Page[] = [{ path: "/", label: "Plugins", icon: Package, shortcut: "g p" }];
