import { useState } from "react";
import { expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";
import { render } from "vitest-browser-react";
import "~/app.css";
import { Button } from "./button";
import { Dialog, DialogActions } from "./dialog";

function Asked() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>Stop it</Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title="Stop kv?"
        description="Two plugins require it."
      >
        <DialogActions>
          <Button data-autofocus onClick={() => setOpen(false)}>
            Cancel
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}

const dialog = page.getByRole("dialog", { name: "Stop kv?" });

test("a dialog takes the focus, holds it, and gives it back when Escape closes it", async () => {
  await render(<Asked />);
  const opener = page.getByRole("button", { name: "Stop it" });
  await userEvent.click(opener);
  await expect.element(dialog).toHaveAccessibleDescription("Two plugins require it.");
  await expect.element(page.getByRole("button", { name: "Cancel" })).toHaveFocus();
  await userEvent.tab();
  await userEvent.tab();
  await userEvent.tab();
  expect(dialog.element().contains(document.activeElement) || document.activeElement === document.body).toBe(
    true,
  );
  await userEvent.keyboard("{Escape}");
  await expect.element(dialog).not.toBeInTheDocument();
  await expect.element(opener).toHaveFocus();
});

test("a click on the ground around a dialog closes it, one inside does not", async () => {
  await render(<Asked />);
  await userEvent.click(page.getByRole("button", { name: "Stop it" }));
  await userEvent.click(page.getByText("Two plugins require it."));
  await expect.element(dialog).toBeVisible();
  await userEvent.click(dialog, { position: { x: 5, y: -20 }, force: true });
  await expect.element(dialog).not.toBeInTheDocument();
});
