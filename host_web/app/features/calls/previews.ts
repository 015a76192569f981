/** What of a result can be shown as what it is. */
export type Preview =
  | { kind: "html"; name: string; text: string }
  | { kind: "markdown"; name: string; text: string }
  | { kind: "image"; name: string; address: string }
  | { kind: "bytes"; name: string; base64: string; size: number };

type Schema = Record<string, unknown> | null;

const IMAGES: readonly [prefix: string, type: string][] = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function mediaTypeOf(schema: Schema, name: string): string {
  const properties = schema?.["properties"];
  const one = isObject(properties) ? properties[name] : undefined;
  return isObject(one) && typeof one["contentMediaType"] === "string" ? one["contentMediaType"] : "";
}

/** Find what of a result is a picture, a page or a file; the schema says so, or the value shows it. */
export function previewsOf(result: unknown, schema: Schema): Preview[] {
  if (!isObject(result)) return [];
  return Object.entries(result).flatMap(([name, value]) => {
    if (isObject(value) && typeof value["$bytes"] === "string")
      return [previewOfBytes(name, value["$bytes"])];
    if (typeof value !== "string" || value.trim() === "") return [];
    const type = mediaTypeOf(schema, name);
    if (type === "text/html" || (name === "html" && /^\s*<\w/.test(value)))
      return [{ kind: "html", name, text: value }];
    if (type === "text/markdown" || name === "markdown") return [{ kind: "markdown", name, text: value }];
    if (/^data:image\/(?:png|jpeg|gif|webp);base64,/.test(value))
      return [{ kind: "image", name, address: value }];
    return [];
  });
}

function previewOfBytes(name: string, base64: string): Preview {
  const image = IMAGES.find(([prefix]) => base64.startsWith(prefix));
  if (image !== undefined) return { kind: "image", name, address: `data:${image[1]};base64,${base64}` };
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return { kind: "bytes", name, base64, size: Math.floor((base64.length * 3) / 4) - padding };
}

/**
 * Wrap a piece of HTML for a frame that runs no scripts, sends no forms and opens nothing. The frame inherits the page's
 * content security policy, so it loads nothing from elsewhere either.
 */
export function pageOf(html: string, theme: string): string {
  return `<!doctype html><html lang="" data-theme="${theme}"><meta charset="utf-8"><title></title><link rel="stylesheet" href="/preview.css"><body>${html}</body></html>`;
}
