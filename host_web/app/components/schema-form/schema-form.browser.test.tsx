import { useState } from "react";
import { expect, test, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { render } from "vitest-browser-react";
import "~/app.css";
import type { Schema } from "~/lib/api/types";
import SchemaForm from "./schema-form";

const SCHEMA: Schema = {
  type: "object",
  required: ["title"],
  properties: {
    title: { type: "string", minLength: 3 },
    colour: { enum: ["red", "blue"] },
    loud: { type: "boolean" },
    place: { type: "object", properties: { city: { type: "string" } } },
    tags: { type: "array", items: { type: "string" } },
  },
};

function Filled({ onSubmit, onValue }: { onSubmit: () => void; onValue: (value: unknown) => void }) {
  const [value, setValue] = useState<unknown>({});
  return (
    <>
      <SchemaForm
        id="form"
        schema={SCHEMA}
        value={value}
        onChange={(next) => {
          setValue(next);
          onValue(next);
        }}
        onSubmit={onSubmit}
      />
      <button type="submit" form="form">
        Send
      </button>
    </>
  );
}

test("what is filled in becomes the value, nested objects and lists included", async () => {
  const onValue = vi.fn();
  await render(<Filled onSubmit={vi.fn()} onValue={onValue} />);
  await userEvent.fill(page.getByRole("textbox", { name: /^title/ }), "hello");
  await userEvent.selectOptions(page.getByRole("combobox", { name: /^colour/ }), "blue");
  await userEvent.click(page.getByRole("checkbox", { name: /^loud/ }));
  await userEvent.fill(page.getByRole("textbox", { name: /^city/ }), "Bern");
  await expect
    .poll(() => onValue.mock.lastCall?.[0])
    .toEqual({ title: "hello", colour: "blue", loud: true, place: { city: "Bern" } });
});

test("what is wrong is said at its field, and nothing is sent", async () => {
  const onSubmit = vi.fn();
  await render(<Filled onSubmit={onSubmit} onValue={vi.fn()} />);
  const title = page.getByRole("textbox", { name: /^title/ });
  await userEvent.fill(title, "no");
  await userEvent.click(page.getByRole("button", { name: "Send" }));
  await expect.element(title).toHaveAttribute("aria-invalid", "true");
  expect(onSubmit).not.toHaveBeenCalled();
  await userEvent.fill(title, "long enough");
  await userEvent.click(page.getByRole("button", { name: "Send" }));
  await expect.poll(() => onSubmit.mock.calls.length).toBe(1);
});
