// Markdown to HTML and text statistics: the interface TextTools.
import { Code, PluginError, serve } from "./wire.js";
import { statistics, toHtml } from "./text.js";

/** Refuses a param that is no text: the host checks it too, unless its validation is turned off. */
function text(params, name) {
  if (typeof params[name] === "string") return params[name];
  throw new PluginError(`${name} must be a string`, { code: Code.INVALID_PARAMS });
}

await serve(
  { name: "text-node", version: "1.0.0", interfaces: { TextTools: "1.0" } },
  {
    "TextTools.ToHtml": (params) => ({ html: toHtml(text(params, "markdown"), { linkify: params.linkify === true }) }),
    "TextTools.Statistics": (params) => statistics(text(params, "text"), { language: language(params.language) }),
  },
);

function language(tag = "en") {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    throw new PluginError(`${tag} is no language tag`, { code: 3, name: "UnknownLanguage", data: { language: tag } });
  }
}
