import assert from "node:assert/strict";
import { test } from "node:test";

import { statistics, toHtml } from "../text.js";

test("Markdown becomes HTML, tables included", () => {
  assert.equal(toHtml("# Hi\n"), "<h1>Hi</h1>\n");
  assert.match(toHtml("| a |\n|---|\n| 1 |\n"), /<td>1<\/td>/);
});

test("raw HTML is escaped and dangerous links are no links", () => {
  assert.equal(toHtml("<script>alert(1)</script>\n"), "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n");
  assert.doesNotMatch(toHtml("[x](javascript:alert(1))"), /href/);
  assert.doesNotMatch(toHtml("![x](data:text/html;base64,AAAA)"), /src/);
});

test("bare addresses become links only on request", () => {
  assert.doesNotMatch(toHtml("see https://example.org"), /href/);
  assert.match(toHtml("see https://example.org", { linkify: true }), /href="https:\/\/example.org"/);
});

test("words, sentences and characters are counted as readers do", () => {
  const counted = statistics("Hello, world! It's 3.5 °C.\n");
  assert.deepEqual([counted.words, counted.sentences, counted.lines], [5, 2, 1]);
  assert.equal(statistics("👩‍👩‍👧‍👦é").characters, 2);
  assert.equal(statistics("今日は良い天気です。", { language: "ja" }).words > 2, true);
});

test("an empty text has nothing", () => {
  assert.deepEqual(statistics(""), { words: 0, characters: 0, sentences: 0, lines: 0, readingMinutes: 0 });
});
