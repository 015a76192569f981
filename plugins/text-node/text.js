// What the plugin does, without any protocol.
import MarkdownIt from "markdown-it";

// Raw HTML in the Markdown is escaped, and links to javascript: and the like are left as text: the result may be shown
// to people who do not trust the author of the Markdown.
const markdownIt = new MarkdownIt({ html: false });
const markdownItWithLinks = new MarkdownIt({ html: false, linkify: true });

const WORDS_PER_MINUTE = 238; // silent reading of English non-fiction; Brysbaert 2019

export function toHtml(markdown, { linkify = false } = {}) {
  return (linkify ? markdownItWithLinks : markdownIt).render(markdown);
}

/** Counts as a reader does, in any script: Unicode's rules for words, sentences and characters. */
export function statistics(text, { language = "en" } = {}) {
  const segments = (granularity) => new Intl.Segmenter(language, { granularity }).segment(text);
  let words = 0;
  for (const segment of segments("word")) if (segment.isWordLike) words += 1;
  let sentences = 0;
  for (const { segment } of segments("sentence")) if (/[\p{L}\p{N}]/u.test(segment)) sentences += 1;
  let characters = 0;
  for (const _ of segments("grapheme")) characters += 1;
  return {
    words,
    characters,
    sentences,
    lines: text === "" ? 0 : text.replace(/\r?\n$/, "").split("\n").length,
    readingMinutes: Math.round((words / WORDS_PER_MINUTE) * 10) / 10,
  };
}
