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

interface FilledProps {
  onSubmit?: () => void;
  onValue: (value: unknown) => void;
  schema?: Schema;
  initial?: unknown;
}

function Filled({ onSubmit = () => undefined, onValue, schema = SCHEMA, initial = {} }: FilledProps) {
  const [value, setValue] = useState<unknown>(initial);
  return (
    <>
      <SchemaForm
        id="form"
        schema={schema}
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

test("a switch that need not be set says so, and can be left out again", async () => {
  const onValue = vi.fn();
  await render(<Filled onValue={onValue} />);
  const loud = page.getByRole("checkbox", { name: /^loud/ });
  await expect.element(page.getByText("not set")).toBeVisible();
  await userEvent.click(loud);
  await expect.poll(() => onValue.mock.lastCall?.[0]).toEqual({ loud: true });
  await userEvent.click(page.getByRole("button", { name: "Leave loud out" }));
  await expect.poll(() => onValue.mock.lastCall?.[0]).toEqual({});
  await expect.element(loud).toHaveFocus();
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

const CHOICES: Schema = {
  type: "object",
  required: ["must"],
  properties: {
    limit: { oneOf: [{ type: "integer" }, { type: "string" }, { type: "null" }] },
    source: { $ref: "#/$defs/Source" },
    must: { anyOf: [{ type: "string" }, { type: "number" }] },
  },
  $defs: {
    Source: {
      anyOf: [
        {
          type: "object",
          required: ["kind", "path"],
          properties: { kind: { const: "file" }, path: { type: "string" } },
        },
        {
          type: "object",
          required: ["kind"],
          properties: { kind: { const: "url" }, address: { type: "string" } },
        },
      ],
    },
  },
};

test("a choice that need not be made can be left out, made, and taken back", async () => {
  const onValue = vi.fn();
  await render(<Filled onValue={onValue} schema={CHOICES} initial={{ must: "m" }} />);
  const value = () => onValue.mock.lastCall?.[0];
  const limit = page.getByRole("combobox", { name: "Kind of limit" });
  await expect.element(limit).toHaveDisplayValue("Not set");
  await userEvent.selectOptions(limit, "text");
  await userEvent.fill(page.getByRole("textbox", { name: /^limit/ }), "many");
  await expect.poll(value).toEqual({ must: "m", limit: "many" });
  // What is written is taken out to write something else: the field stays.
  await userEvent.clear(page.getByRole("textbox", { name: /^limit/ }));
  await expect.poll(value).toEqual({ must: "m" });
  await userEvent.fill(page.getByRole("textbox", { name: /^limit/ }), "few");
  await userEvent.selectOptions(limit, "null");
  await expect.poll(value).toEqual({ must: "m", limit: null });
  await userEvent.selectOptions(limit, "Not set");
  await expect.poll(value).toEqual({ must: "m" });
  await expect.element(page.getByRole("textbox", { name: /^limit/ })).not.toBeInTheDocument();
});

test("a union of objects begins with its constant, and keeps what was written with which option", async () => {
  const onValue = vi.fn();
  await render(
    <Filled
      onValue={onValue}
      schema={CHOICES}
      initial={{ must: 3, source: { kind: "url", address: "a" } }}
    />,
  );
  const source = page.getByRole("combobox", { name: "Kind of source" });
  await expect.element(source).toHaveDisplayValue("url");
  await userEvent.selectOptions(source, "file");
  await userEvent.fill(page.getByRole("textbox", { name: /^path/ }), "/tmp");
  await expect
    .poll(() => onValue.mock.lastCall?.[0])
    .toEqual({ must: 3, source: { kind: "file", path: "/tmp" } });
  await userEvent.selectOptions(source, "Not set");
  // What tells the options apart is chosen with them, and asked for nowhere else.
  await userEvent.selectOptions(source, "file");
  await expect.poll(() => onValue.mock.lastCall?.[0]).toEqual({ must: 3, source: { kind: "file" } });
  await expect.element(page.getByRole("textbox", { name: /^kind/ })).not.toBeInTheDocument();
  await userEvent.selectOptions(source, "Not set");
  await expect.poll(() => onValue.mock.lastCall?.[0]).toEqual({ must: 3 });
});

test("a choice that must be made has no way around it", async () => {
  await render(<Filled onValue={vi.fn()} schema={CHOICES} initial={{ must: 3 }} />);
  const must = page.getByRole("combobox", { name: "Kind of must" });
  await expect.element(must).toHaveDisplayValue("number");
  expect([...(must.element() as HTMLSelectElement).options].map(({ label }) => label)).toEqual([
    "text",
    "number",
  ]);
});

test("in a list the focus stays where the hand goes on: what was moved, what came after what was removed", async () => {
  await render(<Filled onValue={vi.fn()} initial={{ title: "abc", tags: ["a", "b", "c"] }} />);
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  (button("Move 2 up").element() as HTMLElement).focus();
  await userEvent.keyboard("{Enter}");
  // It is the first one now, and can only go down again.
  await expect.element(button("Move 1 down")).toHaveFocus();
  (button("Remove 3").element() as HTMLElement).focus();
  await userEvent.keyboard("{Enter}");
  await expect.element(button("Remove 2")).toHaveFocus();
  await userEvent.keyboard("{Enter}");
  await expect.element(button("Remove 1")).toHaveFocus();
  await userEvent.keyboard("{Enter}");
  await expect.element(button("Add one")).toHaveFocus();
});
