import { afterEach, beforeEach, expect, test } from "vitest";
import { keepFocus } from "./keep-focus";

let page: HTMLElement;
let end: () => void;
const find = (id: string) => document.getElementById(id) as HTMLButtonElement;

beforeEach(() => {
  page = document.createElement("main");
  page.tabIndex = -1;
  page.innerHTML = `
    <h1 tabindex="-1" id="title">Page</h1>
    <ul id="list"><li id="row-1"><button id="one">One</button></li><li id="row-2"><button id="two">Two</button></li></ul>
    <p>Nothing</p>`;
  document.body.append(page);
  end = keepFocus(page);
});
afterEach(() => {
  end();
  page.remove();
});

test("when what has the focus is taken away, something near gets it", async () => {
  find("two").focus();
  find("row-2").remove();
  await expect.poll(() => document.activeElement?.id).toBe("one");
  find("list").remove();
  await expect.poll(() => document.activeElement?.id).toBe("title");
});

test("what is disabled for a moment has the focus again afterwards", async () => {
  find("two").focus();
  find("two").disabled = true;
  await expect.poll(() => document.activeElement).toBe(document.body);
  find("two").disabled = false;
  await expect.poll(() => document.activeElement?.id).toBe("two");
});

test("whoever takes the focus away on purpose gets it nowhere else", async () => {
  find("two").focus();
  find("two").blur();
  await new Promise((done) => setTimeout(done, 50));
  find("row-2").remove();
  await new Promise((done) => setTimeout(done, 50));
  expect(document.activeElement).toBe(document.body);
});
