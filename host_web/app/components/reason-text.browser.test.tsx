import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { page } from "vitest/browser";
import { render } from "vitest-browser-react";
import { ReasonText } from "./reason-text";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"], now: 1_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

test("a pause counts down in place, a second at a time, and ends with now", async () => {
  const text = "exit status 1; next start in 3.0 s (restart 1 of 5 in 60 s)";
  const { container } = await render(
    <ReasonText plugin={{ id: "kv", reason: { code: "exited", text, until: 1_000_003 } }} />,
  );
  const element = container.querySelector("span");
  const said = async (words: string) => expect.element(page.getByText(words)).toBeVisible();
  await said("Exit status 1; next start in 3 s (restart 1 of 5 in 60 s)");
  vi.advanceTimersByTime(1000);
  await said("Exit status 1; next start in 2 s (restart 1 of 5 in 60 s)");
  vi.advanceTimersByTime(3000);
  await said("Exit status 1; next start now (restart 1 of 5 in 60 s)");
  expect(container.querySelector("span")).toBe(element);
});
