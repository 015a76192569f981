import type { Schema } from "~/lib/api/types";
import { BYTES, JSON_TEXT } from "./formats";
import { fittingOption } from "./options";

// In the data of a form, binary data and free JSON are strings that begin with one of these; U+0001 is in no text
// that somebody types.
const BYTES_MARK = "\u0001bytes:";
const JSON_MARK = "\u0001json:";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What says something about the type of a value; a schema with none of these takes anything. */
const TELLING = [
  "type",
  "$ref",
  "enum",
  "const",
  "oneOf",
  "anyOf",
  "allOf",
  "properties",
  "items",
  "if",
] as const;

const MAPS = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"] as const;
const LISTS = ["oneOf", "anyOf", "allOf", "prefixItems"] as const;
const SINGLE = ["items", "additionalProperties", "not", "if", "then", "else", "contains"] as const;

/** Return the schema with which a form is drawn: where anything or binary data is taken, there is a marked string. */
export function toFormSchema(schema: Schema): Schema {
  const { title, description } = schema;
  const named = { ...(title ? { title } : {}), ...(description ? { description } : {}) };
  if (schema["x-binary"] === true) {
    const { maxBytes } = schema;
    return { ...named, type: "string", format: BYTES, ...(maxBytes === undefined ? {} : { maxBytes }) };
  }
  if (!TELLING.some((key) => key in schema)) return { ...named, type: "string", format: JSON_TEXT };
  const made: Schema = { ...schema };
  for (const key of MAPS) {
    const map = schema[key];
    if (isObject(map))
      made[key] = Object.fromEntries(Object.entries(map).map(([name, one]) => [name, inner(one)]));
  }
  for (const key of LISTS) if (Array.isArray(schema[key])) made[key] = schema[key].map(inner);
  for (const key of SINGLE) if (isObject(schema[key])) made[key] = inner(schema[key]);
  // A free-form object is written as JSON: it has no fields that a form could show.
  if (schema["type"] === "object" && !hasFields(schema))
    return { ...named, type: "string", format: JSON_TEXT };
  return made;
}

function hasFields(schema: Schema): boolean {
  const rest = schema["additionalProperties"];
  return (
    isObject(schema["properties"]) || isObject(rest) || rest === false || LISTS.some((key) => key in schema)
  );
}

function inner(schema: unknown): unknown {
  if (schema === true) return { type: "string", format: JSON_TEXT };
  return isObject(schema) ? toFormSchema(schema) : schema;
}

/** Return the data of a form for a value, as the schema of the form has it. */
export function toFormData(value: unknown, schema: Schema, root: Schema = schema): unknown {
  const real = withChosen(resolve(schema, root), value, root);
  if (real["format"] === JSON_TEXT && value !== undefined)
    return `${JSON_MARK}${JSON.stringify(value, null, 2)}`;
  if (isObject(value)) {
    if (typeof value["$bytes"] === "string") return `${BYTES_MARK}${value["$bytes"]}`;
    const properties = isObject(real["properties"]) ? real["properties"] : {};
    const rest = isObject(real["additionalProperties"]) ? real["additionalProperties"] : {};
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [
        key,
        toFormData(one, (properties[key] ?? rest) as Schema, root),
      ]),
    );
  }
  if (Array.isArray(value)) {
    const items = isObject(real["items"]) ? real["items"] : {};
    return value.map((one) => toFormData(one, items, root));
  }
  return value;
}

/** Follow the option of a choice that the value was written with. */
function withChosen(schema: Schema, value: unknown, root: Schema): Schema {
  const options = schema["oneOf"] ?? schema["anyOf"];
  if (!Array.isArray(options) || value === undefined) return schema;
  const chosen = fittingOption(
    options.filter(isObject).map((one) => resolve(one, root)),
    value,
  );
  if (chosen === undefined) return schema;
  const properties = { ...(schema["properties"] ?? {}), ...(chosen["properties"] ?? {}) };
  return { ...schema, ...withChosen(chosen, value, root), properties };
}

function resolve(schema: Schema, root: Schema): Schema {
  const reference = schema["$ref"];
  if (typeof reference !== "string" || !reference.startsWith("#/")) return schema;
  let found: unknown = root;
  for (const part of reference.slice(2).split("/")) {
    found = isObject(found) ? found[part.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  }
  return isObject(found) ? found : {};
}

/** Return the value that the data of a form stands for; free JSON that cannot be read stays the text that it is. */
export function fromFormData(data: unknown): unknown {
  if (typeof data === "string") {
    if (data.startsWith(BYTES_MARK)) return { $bytes: data.slice(BYTES_MARK.length) };
    if (data.startsWith(JSON_MARK)) return parseText(data.slice(JSON_MARK.length));
    return data;
  }
  if (Array.isArray(data)) return data.map(fromFormData);
  if (!isObject(data)) return data;
  return Object.fromEntries(
    Object.entries(data)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, fromFormData(value)]),
  );
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const markBytes = (base64: string): string => `${BYTES_MARK}${base64}`;
export const markJson = (text: string): string | undefined =>
  text.trim() === "" ? undefined : `${JSON_MARK}${text}`;
export const jsonTextOf = (data: unknown): string =>
  typeof data === "string" && data.startsWith(JSON_MARK) ? data.slice(JSON_MARK.length) : "";
export const base64Of = (data: unknown): string =>
  typeof data === "string" && data.startsWith(BYTES_MARK) ? data.slice(BYTES_MARK.length) : "";

/** Return a value to begin with: defaults where the schema has them, else the least that it asks for. */
export function exampleOf(schema: Schema | null): unknown {
  if (schema === null) return {};
  const first = (schema["examples"] as unknown[] | undefined)?.[0];
  if (first !== undefined) return first;
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const made: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(properties)) {
    const real = resolve(isObject(one) ? one : {}, schema);
    if ("default" in real) made[key] = real["default"];
  }
  return made;
}
