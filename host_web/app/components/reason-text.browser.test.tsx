import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { render } from "vitest-browser-react";
import { ReasonText } from "./reason-text";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"], now: 1_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

test("a pause counts down in place, a second at a time, and ends with now", async () => {
  const text = "exit status 1; restart 1 of 5 in 60 s, after a pause of 3.0 s";
  const { container } = await render(
    <ReasonText plugin={{ id: "kv", reason: { code: "exited", text, until: 1_000_003 } }} />,
  );
  const element = container.querySelector("span");
  const said = async (words: string) =>
    expect
      .poll(() => container.textContent)
      .toBe(`Exit status 1; restart 1 of 5 in 60 s, after a pause of 3.0 s; ${words}`);
  await said("next start in 3 s");
  vi.advanceTimersByTime(1000);
  await said("next start in 2 s");
  vi.advanceTimersByTime(3000);
  await said("next start now");
  expect(container.querySelector("span")).toBe(element);
});
