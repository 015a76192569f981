import { expect, expectAccessible, test } from "./test";

test.use({ hostOptions: { flags: ["--require-token"] } });

/** As many wrong tokens as the host looks at in a minute. */
const ALLOWED = 10;

test("too many wrong tokens are told with the time until the next one", async ({ page, complaints }) => {
  await page.goto("/sign-in");
  const field = page.getByRole("textbox", { name: "Access token" });
  for (let attempt = 0; attempt <= ALLOWED; attempt++) {
    await field.fill(`polyhost_wrong_${attempt}`);
    const answered = page.waitForResponse("**/api/session");
    await page.keyboard.press("Enter");
    await answered;
    await expect(page.getByRole("alert")).toBeVisible();
  }
  await expect(page.getByRole("alert")).toContainText("Too many wrong tokens");
  await expect(page.getByRole("button", { name: /^Wait \d+ s$/ })).toBeDisabled();
  await expectAccessible(page);
  complaints.length = 0;
});
