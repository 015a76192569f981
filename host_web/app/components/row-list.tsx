import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine, ArrowUp } from "lucide-react";
import {
  type ComponentProps,
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import { Button } from "~/components/ui/button";
import { cn } from "~/lib/classes";

/** Closer to the end than this many pixels counts as at the end. */
const NEAR_END = 40;
/** As many rows before the last one, more are asked for. */
const AHEAD = 20;
/** Rows that are drawn above and below what is in sight. */
const OVERSCAN = 15;

type Key = string | number;

interface ListProps<Item, K extends Key> {
  /** What the list is, for those who cannot see it. */
  label: string;
  items: readonly Item[];
  keyOf: (item: Item) => K;
  /** Pixels of a closed row with its border; a row that is as high as this need not be remembered. */
  rowHeight: number;
  /** Draw a row; `toggle` opens and closes the one with a key and stays the same. */
  draw: (item: Item, open: boolean, toggle: (key: K) => void) => ReactNode;
  className?: string;
}

interface NewestFirstProps<Item, K extends Key> extends ListProps<Item, K> {
  /** How many there are that are not shown, since somebody reads. */
  fresh: number;
  /** Is told when the list has to keep still, and when it may go on. */
  onHold: (still: boolean) => void;
  /** Where there are more than `items`: asks for them, near the end. */
  onEnd?: (() => void) | undefined;
}

/** Shows the newest row on top. It keeps still while somebody points at it, has scrolled down or has opened a row. */
export function NewestFirst<Item, K extends Key>(props: NewestFirstProps<Item, K>) {
  const { fresh, onHold, onEnd, ...list } = props;
  const count = list.items.length;
  const { scroller, rows } = useRows(list);
  const { open, toggle } = useOpen<K>(useCallback(() => onHold(true), [onHold]));
  const last = rows.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= count - AHEAD) onEnd?.();
  }, [last, count, onEnd]);
  const isDown = () => (scroller.current?.scrollTop ?? 0) > 0;
  return (
    <Frame
      {...list}
      scroller={scroller}
      rows={rows}
      open={open}
      toggle={toggle}
      // The button is above the list: on the way to it the list must not go on.
      around={{
        onPointerEnter: () => onHold(true),
        onPointerLeave: () => onHold(isDown() || open.size > 0),
      }}
      onScroll={() => {
        if (isDown()) onHold(true);
      }}
    >
      {fresh > 0 && (
        <Button
          variant="primary"
          className="absolute top-2 left-1/2 -translate-x-1/2 shadow-raised tabular"
          onClick={() => {
            scroller.current?.scrollTo(0, 0);
            onHold(false);
          }}
        >
          <ArrowUp aria-hidden />
          {fresh.toLocaleString("en-US")} new
        </Button>
      )}
    </Frame>
  );
}

interface NewestLastProps<Item, K extends Key> extends ListProps<Item, K> {
  /** Changes whenever there may be rows at the end that were not there before. */
  version: number;
}

/** Shows the newest row at the end and goes along with it, until somebody scrolls back or opens a row. */
export function NewestLast<Item, K extends Key>({ version, ...list }: NewestLastProps<Item, K>) {
  const count = list.items.length;
  const { scroller, rows } = useRows(list);
  const [following, setFollowing] = useState(true);
  const { open, toggle } = useOpen<K>(useCallback(() => setFollowing(false), []));

  // biome-ignore lint/correctness/useExhaustiveDependencies: each version may bring rows to the end
  useEffect(() => {
    if (following && count > 0) rows.scrollToIndex(count - 1, { align: "end" });
  }, [following, version]);

  return (
    <Frame
      {...list}
      scroller={scroller}
      rows={rows}
      open={open}
      toggle={toggle}
      onWheel={(event) => {
        if (event.deltaY < 0) setFollowing(false);
      }}
      onKeyDown={(event) => {
        if (["ArrowUp", "PageUp", "Home"].includes(event.key)) setFollowing(false);
        if (event.key === "End") setFollowing(true);
      }}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        if (scrollHeight - scrollTop - clientHeight < NEAR_END) setFollowing(true);
      }}
      onPointerDown={(event) => {
        // A hand on the scroll bar.
        if (event.target === scroller.current) setFollowing(false);
      }}
    >
      {!following && (
        <Button
          variant="primary"
          className="absolute right-5 bottom-3 shadow-raised"
          onClick={() => setFollowing(true)}
        >
          <ArrowDownToLine aria-hidden />
          Follow
        </Button>
      )}
    </Frame>
  );
}

/** Keep what was there when somebody began to read: null while nobody does, and a function for `onHold`. */
export function useHeld<Item>(items: readonly Item[]) {
  const [held, setHeld] = useState<readonly Item[] | null>(null);
  const hold = useCallback((still: boolean) => setHeld(still ? (old) => old ?? items : null), [items]);
  return [held, hold] as const;
}

function useRows<Item, K extends Key>({ items, keyOf, rowHeight }: ListProps<Item, K>) {
  const scroller = useRef<HTMLElement>(null);
  const rows = useVirtualizer<HTMLElement, HTMLElement>({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    // The same function while the rows are the same: with another one, all of them are looked at anew.
    getItemKey: useCallback(
      (index: number) => {
        const item = items[index];
        return item === undefined ? index : keyOf(item);
      },
      [items, keyOf],
    ),
    overscan: OVERSCAN,
  });
  return { scroller, rows };
}

function useOpen<K extends Key>(onToggle: () => void) {
  const [open, setOpen] = useState<ReadonlySet<K>>(new Set());
  const toggle = useCallback(
    (key: K) => {
      onToggle();
      setOpen((old) => {
        const next = new Set(old);
        if (!next.delete(key)) next.add(key);
        return next;
      });
    },
    [onToggle],
  );
  return { open, toggle };
}

type FrameProps<Item, K extends Key> = ListProps<Item, K> &
  Omit<ComponentProps<"section">, "children" | "ref"> & {
    scroller: RefObject<HTMLElement | null>;
    rows: Virtualizer<HTMLElement, HTMLElement>;
    open: ReadonlySet<K>;
    toggle: (key: K) => void;
    /** For the list and what lies above it. */
    around?: Pick<ComponentProps<"div">, "onPointerEnter" | "onPointerLeave">;
    children: ReactNode;
  };

/** Draws those rows only that are in sight. It takes the height that is left, however many rows there are. */
function Frame<Item, K extends Key>(props: FrameProps<Item, K>) {
  const {
    label,
    items,
    keyOf,
    rowHeight: _,
    scroller,
    rows,
    open,
    toggle,
    draw,
    around,
    className,
    children,
    ...events
  } = props;
  return (
    <div className="relative min-h-64 flex-1" {...around}>
      <section
        ref={scroller}
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with keys
        tabIndex={0}
        className={cn("absolute inset-0 overflow-auto bg-surface outline-offset-[-2px]", className)}
        {...events}
      >
        <div className="relative w-full" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, key, start }) => {
            const item = items[index];
            if (item === undefined) return null;
            return (
              <div
                key={key}
                ref={rows.measureElement}
                data-index={index}
                className="absolute top-0 left-0 w-full"
                style={{ transform: `translateY(${start}px)` }}
              >
                {draw(item, open.has(keyOf(item)), toggle)}
              </div>
            );
          })}
        </div>
      </section>
      {children}
    </div>
  );
}
