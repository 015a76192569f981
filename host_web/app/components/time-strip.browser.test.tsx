import { useState } from "react";
import { expect, test, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { render } from "vitest-browser-react";
import "~/app.css";
import type { Span } from "~/lib/spans";
import { hostNow, tellHostTime } from "~/lib/time";
import { type Mark, TimeStrip } from "./time-strip";

// A time at which a bar of 10 s begins; ten minutes are shown in bars of 10 s.
const END = 1_800_000_000;
const MARKS: Mark[] = [
  { at: END - 600, level: "calm" },
  { at: END - 5, level: "bad" },
  { at: END - 4, level: "calm" },
];

function Strip({ onSpan }: { onSpan: (span: Span | null) => void }) {
  const [span, setSpan] = useState<Span | null>(null);
  const change = (next: Span | null) => {
    setSpan(next);
    onSpan(next);
  };
  return <TimeStrip label="Events" marks={MARKS} span={span} onSpan={change} />;
}

test("a time is chosen with the keys, made longer, and given back", async () => {
  tellHostTime(END);
  expect(Math.abs(hostNow() - END)).toBeLessThan(1);
  const onSpan = vi.fn();
  await render(<Strip onSpan={onSpan} />);
  const slider = page.getByRole("slider", { name: "Events over time" });
  (slider.element() as HTMLElement).focus();
  await userEvent.keyboard("{ArrowLeft}");
  await expect
    .element(slider)
    .toHaveAttribute("aria-valuetext", expect.stringMatching(/: 2 events, with 1 failure$/));
  await userEvent.keyboard("{Enter}");
  expect(onSpan.mock.lastCall?.[0]).toEqual({ from: END - 10, to: END });
  await userEvent.keyboard("{Shift>}{ArrowLeft}{ArrowLeft}{/Shift}");
  expect(onSpan.mock.lastCall?.[0]).toEqual({ from: END - 30, to: END });
  await userEvent.keyboard("{Escape}");
  expect(onSpan.mock.lastCall?.[0]).toBe(null);
  await expect.element(slider).toHaveFocus();
});

test("a time is chosen by dragging, and by one click on a bar", async () => {
  const onSpan = vi.fn();
  await render(<Strip onSpan={onSpan} />);
  const slider = page.getByRole("slider", { name: "Events over time" });
  await userEvent.click(slider, { position: { x: 1, y: 5 } });
  expect(onSpan.mock.lastCall?.[0]).toEqual({ from: END - 600, to: END - 590 });
  await userEvent.click(page.getByRole("button", { name: /–/ }));
  expect(onSpan.mock.lastCall?.[0]).toBe(null);
  const { width, left, top } = slider.element().getBoundingClientRect();
  const send = (type: string, x: number, buttons: number) =>
    slider.element().dispatchEvent(
      new PointerEvent(type, {
        bubbles: true,
        clientX: left + x * width,
        clientY: top + 5,
        button: 0,
        buttons,
      }),
    );
  // No pointer is pressed that could be captured.
  (slider.element() as HTMLElement).setPointerCapture = () => undefined;
  send("pointerdown", 0.501, 1);
  send("pointermove", 0.3, 1);
  send("pointerup", 0.3, 0);
  const span = onSpan.mock.lastCall?.[0] as Span;
  expect(span.to - span.from).toBeGreaterThan(100);
  expect(span.to).toBeLessThan(END - 280);
});
