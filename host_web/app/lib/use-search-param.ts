import { useCallback, useEffect, useRef, useState } from "react";
import { useNavigation, useSearchParams } from "react-router";

/** How long typing has to rest before the address follows: some browsers refuse more than a few changes a second. */
const SETTLE_MS = 150;

/**
 * Keep a piece of the view in the address, so that it can be sent to somebody; the empty value is left out.
 *
 * The value changes at once, the address soon after: a field that waited for the address would lose letters.
 */
export function useSearchParam(name: string): [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const inAddress = params.get(name) ?? "";
  const [value, setValue] = useState(inAddress);
  const written = useRef(inAddress);
  const leaving = useNavigation().state !== "idle";

  // Somebody went back, or followed a link to another view of the same page.
  useEffect(() => {
    if (inAddress === written.current) return;
    written.current = inAddress;
    setValue(inAddress);
  }, [inAddress]);

  useEffect(() => {
    // A change of the address would call off the way to another page.
    if (value === written.current || leaving) return;
    const timer = setTimeout(() => {
      written.current = value;
      setParams(
        () => {
          // Another part of the view may have been changed since this one was drawn.
          const next = new URLSearchParams(window.location.search);
          if (value === "") next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true, preventScrollReset: true },
      );
    }, SETTLE_MS);
    // A link is followed at once, and the router tells of it only when it is drawn next.
    const callOff = ({ target }: MouseEvent) => {
      if (target instanceof Element && target.closest("a[href]") !== null) clearTimeout(timer);
    };
    document.addEventListener("click", callOff, { capture: true });
    return () => {
      clearTimeout(timer);
      document.removeEventListener("click", callOff, { capture: true });
    };
  }, [leaving, name, setParams, value]);

  return [value, useCallback((next: string) => setValue(next), [])];
}
