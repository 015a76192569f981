/** What can have the focus and be seen with it. */
const FOCUSABLE =
  "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex]";

const canHave = (element: HTMLElement): boolean =>
  element.isConnected && !element.matches(":disabled") && element.checkVisibility();

/**
 * Put the focus somewhere near when what has it goes away or is disabled, as a row that was deleted or a button that has
 * been pressed: whoever uses the keyboard would else begin again at the top of the page. Returns what ends it.
 */
export function keepFocus(page: HTMLElement): () => void {
  let last: { element: HTMLElement; around: HTMLElement[] } | null = null;
  let lost = false;

  const remember = ({ target }: FocusEvent) => {
    lost = false;
    last = null;
    if (!(target instanceof HTMLElement) || target === page) return;
    const around: HTMLElement[] = [];
    for (let one = target.parentElement; one !== null && page.contains(one); one = one.parentElement)
      around.push(one);
    last = { element: target, around };
  };
  // Somebody clicked beside everything: that is no loss.
  const forget = () =>
    setTimeout(() => {
      if (last !== null && document.activeElement === document.body && canHave(last.element)) last = null;
    });
  const look = () => {
    if (last === null) return;
    const { element, around } = last;
    const can = canHave(element);
    // Browsers take the focus from a disabled button only when they draw next.
    lost ||= !can;
    if (document.activeElement !== document.body || document.querySelector("dialog[open]") !== null) return;
    if (can) {
      // It was disabled for a moment only.
      if (lost) element.focus({ preventScroll: true });
      return;
    }
    // It may come back; what is gone does not.
    if (element.isConnected && element.checkVisibility()) return;
    const place = around.find((one) => one !== page && canHave(one) && targetIn(one) !== null);
    const heading = page.querySelector<HTMLElement>("h1[tabindex]");
    (place === undefined ? (heading ?? page) : targetIn(place))?.focus({ preventScroll: true });
  };

  // A moment later: dialogs and menus that close give the focus back by themselves, and come first.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watcher = new MutationObserver(() => {
    if (last === null) return;
    clearTimeout(timer);
    timer = setTimeout(look);
  });
  watcher.observe(page, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["disabled", "open"],
  });
  page.addEventListener("focusin", remember);
  page.addEventListener("focusout", forget);
  return () => {
    watcher.disconnect();
    clearTimeout(timer);
    page.removeEventListener("focusin", remember);
    page.removeEventListener("focusout", forget);
  };
}

function targetIn(place: HTMLElement): HTMLElement | null {
  if (place.matches(FOCUSABLE)) return place;
  return [...place.querySelectorAll<HTMLElement>(FOCUSABLE)].find(canHave) ?? null;
}
