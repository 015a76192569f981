import { useEffect, useRef, useState } from "react";
import { type ShouldRevalidateFunctionArgs, useRevalidator } from "react-router";

/** A change of state is several events: the host is asked once for all of them. */
const SETTLE_MS = 200;

/** Leave the data as it is when only the filters in the address have changed. */
export function unlessOnlySearchChanged({
  currentUrl,
  nextUrl,
  defaultShouldRevalidate,
}: ShouldRevalidateFunctionArgs): boolean {
  const onlySearch = currentUrl.pathname === nextUrl.pathname && currentUrl.search !== nextUrl.search;
  return onlySearch ? false : defaultShouldRevalidate;
}

/** Ask the host again whenever `value` has changed, once it has settled. */
export function useRevalidateOn(value: unknown): void {
  const { revalidate } = useRevalidator();
  const seen = useRef(value);
  useEffect(() => {
    if (Object.is(seen.current, value)) return;
    const timer = setTimeout(() => {
      seen.current = value;
      void revalidate();
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value, revalidate]);
}

/** Return a value that changes each second only so often: for what asks the host about it. */
export function useSlowly<T>(value: T, ms: number): T {
  const [slow, setSlow] = useState(value);
  const changed = useRef(0);
  useEffect(() => {
    const timer = setTimeout(
      () => {
        changed.current = Date.now();
        setSlow(value);
      },
      Math.max(0, changed.current + ms - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [value, ms]);
  return slow;
}
