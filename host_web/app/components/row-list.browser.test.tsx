import { beforeEach, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";
import { render } from "vitest-browser-react";
import "~/app.css";
import { NewestFirst, NewestLast, useHeld } from "./row-list";

interface Item {
  id: number;
}

const itemsTo = (last: number): Item[] => Array.from({ length: last }, (_, index) => ({ id: last - index }));
const idOf = ({ id }: Item) => id;

/** Is as high as what it is in, and no higher, as a page of the console is. */
function Room({ children }: { children: React.ReactNode }) {
  return <div style={{ display: "flex", flexDirection: "column", height: 400 }}>{children}</div>;
}

function Row({ id, open, toggle }: { id: number; open: boolean; toggle: (id: number) => void }) {
  return (
    <button type="button" style={{ display: "block", height: open ? 120 : 33 }} onClick={() => toggle(id)}>
      row {id}
    </button>
  );
}

function First({ last, onEnd }: { last: number; onEnd?: () => void }) {
  const items = itemsTo(last);
  const [held, hold] = useHeld(items);
  const shown = held ?? items;
  return (
    <Room>
      <NewestFirst
        label="Rows"
        items={shown}
        keyOf={idOf}
        rowHeight={33}
        fresh={items.length - shown.length}
        onHold={hold}
        onEnd={onEnd}
        draw={({ id }, open, toggle) => <Row id={id} open={open} toggle={toggle} />}
      />
    </Room>
  );
}

const rows = page.getByRole("button", { name: /^row/ });
const away = () => userEvent.hover(document.documentElement, { position: { x: 890, y: 590 } });

// The pointer stays where the test before has left it.
beforeEach(away);

test("only rows in sight are drawn, however many there are", async () => {
  await render(<First last={20_000} />);
  await expect.element(page.getByText("row 20000")).toBeVisible();
  expect(rows.length).toBeLessThan(60);
  const list = page.getByRole("region", { name: "Rows" }).element();
  expect(list.clientHeight).toBe(400);
  list.scrollTo(0, list.scrollHeight);
  await expect.element(page.getByText("row 1", { exact: true })).toBeVisible();
  expect(rows.length).toBeLessThan(60);
});

test("the newest first: it keeps still under the pointer, and says how many have come", async () => {
  const { rerender } = await render(<First last={100} />);
  await rerender(<First last={101} />);
  await expect.element(page.getByText("row 101")).toBeVisible();
  await userEvent.hover(page.getByText("row 101"));
  await rerender(<First last={104} />);
  await expect.element(page.getByText("row 104")).not.toBeInTheDocument();
  // On the way to the button, too.
  await userEvent.hover(page.getByRole("button", { name: "3 new" }));
  await rerender(<First last={105} />);
  await expect.element(page.getByText("row 105")).not.toBeInTheDocument();
  await rerender(<First last={104} />);
  await userEvent.click(page.getByRole("button", { name: "3 new" }));
  await expect.element(page.getByText("row 104")).toBeVisible();
  await expect.element(page.getByRole("button", { name: /new$/ })).not.toBeInTheDocument();
});

test("the newest first: an opened row stays where it is when the pointer has left", async () => {
  const { rerender } = await render(<First last={100} />);
  await userEvent.click(page.getByText("row 100"));
  expect(page.getByText("row 100").element().clientHeight).toBe(120);
  await away();
  await rerender(<First last={105} />);
  await expect.element(page.getByRole("button", { name: "5 new" })).toBeVisible();
  await expect.element(page.getByText("row 105")).not.toBeInTheDocument();
});

test("the newest first: older rows are asked for near the end, and not before", async () => {
  let asked = 0;
  const onEnd = () => {
    asked += 1;
  };
  await render(<First last={1000} onEnd={onEnd} />);
  await expect.element(page.getByText("row 1000")).toBeVisible();
  expect(asked).toBe(0);
  const list = page.getByRole("region", { name: "Rows" }).element();
  list.scrollTo(0, list.scrollHeight);
  await expect.poll(() => asked).toBeGreaterThan(0);
});

function Last({ last }: { last: number }) {
  return (
    <Room>
      <NewestLast
        label="Lines"
        items={itemsTo(last).reverse()}
        keyOf={idOf}
        rowHeight={33}
        version={last}
        draw={({ id }, open, toggle) => <Row id={id} open={open} toggle={toggle} />}
      />
    </Room>
  );
}

test("the newest last: the list goes along with its end until somebody scrolls back", async () => {
  const { rerender } = await render(<Last last={500} />);
  await expect.element(page.getByText("row 500")).toBeInViewport();
  await rerender(<Last last={600} />);
  await expect.element(page.getByText("row 600")).toBeInViewport();
  const list = page.getByRole("region", { name: "Lines" });
  list.element().dispatchEvent(new WheelEvent("wheel", { deltaY: -500, bubbles: true }));
  list.element().scrollBy(0, -500);
  await expect.element(page.getByRole("button", { name: "Follow" })).toBeVisible();
  await rerender(<Last last={700} />);
  await expect.element(page.getByText("row 700")).not.toBeInTheDocument();
  await userEvent.click(page.getByRole("button", { name: "Follow" }));
  await expect.element(page.getByText("row 700")).toBeInViewport();
});
