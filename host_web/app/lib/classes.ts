import { type ClassValue, clsx } from "clsx";

/**
 * Join class names. Of two that set the same property neither wins for sure: what is to win over a part's own class
 * ends with `!`.
 */
export function cn(...names: ClassValue[]): string {
  return clsx(names);
}
