import type { Schema } from "~/lib/api/types";

/** What a person reads of a schema: a type in words, what else must hold, and what is inside. */
export interface Shape {
  type: string;
  rules: readonly string[];
  description: string;
  fields: readonly Field[];
  /** The alternatives, when there is more than one shape. */
  variants: readonly Shape[];
}

export interface Field {
  name: string;
  required: boolean;
  shape: Shape;
}

/** Deeper than this nobody reads, and schemas may refer to themselves. */
const DEEPEST = 6;
/** Words of an enum that are shown; the raw schema has all. */
const MOST_WORDS = 12;

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";

/** Read a schema; local references are followed. */
export function shapeOf(schema: unknown, root: unknown = schema, depth = 0): Shape {
  const { found, name } = resolve(schema, root);
  const description = isText(found["description"]) ? found["description"] : "";
  const empty = { rules: [], description, fields: [], variants: [] };
  if (depth > DEEPEST) return { ...empty, type: name ?? "…" };
  if (found["x-binary"] === true) return { ...empty, type: "bytes", rules: rulesOf(found) };
  if ("const" in found) return { ...empty, type: JSON.stringify(found["const"]) };
  if (Array.isArray(found["enum"])) return { ...empty, type: wordsOf(found["enum"]), rules: rulesOf(found) };
  for (const key of ["oneOf", "anyOf"] as const) {
    const options = found[key];
    if (!Array.isArray(options)) continue;
    const variants = options.map((one) => shapeOf(one, root, depth + 1));
    const type = [...new Set(variants.map((one) => one.type))].join(" | ");
    const fields = fieldsOf(found, root, depth);
    return { ...empty, type, fields, variants: variants.filter((one) => one.fields.length > 0) };
  }
  const type = found["type"];
  if (Array.isArray(type)) return { ...empty, type: type.join(" | "), rules: rulesOf(found) };
  if (type === "array" || "items" in found) {
    const item = shapeOf(found["items"] ?? {}, root, depth + 1);
    const many = item.type.includes(" ") ? `(${item.type})[]` : `${item.type}[]`;
    return { ...item, type: many, description: description || item.description, rules: rulesOf(found) };
  }
  if (type === "object" || "properties" in found) {
    const fields = fieldsOf(found, root, depth);
    const rest = found["additionalProperties"];
    if (fields.length === 0 && isObject(rest)) {
      const value = shapeOf(rest, root, depth + 1);
      return { ...value, type: `map of ${value.type}`, description: description || value.description };
    }
    const none = fields.length === 0 && rest === false;
    return { ...empty, type: none ? "nothing" : "object", rules: rulesOf(found), fields };
  }
  return { ...empty, type: isText(type) ? type : "anything", rules: rulesOf(found) };
}

/** Write a shape in one line, as a signature has it: `{key: string, limit?: integer}`. */
export function signatureOf(shape: Shape): string {
  if (shape.type !== "object" || shape.fields.length === 0) return shape.type === "nothing" ? "" : shape.type;
  const fields = shape.fields.map(
    ({ name, required, shape: inner }) => `${name}${required ? "" : "?"}: ${inner.type}`,
  );
  return `{${fields.join(", ")}}`;
}

function fieldsOf(schema: Schema, root: unknown, depth: number): Field[] {
  const properties = schema["properties"];
  if (!isObject(properties)) return [];
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties).map(([name, inner]) => ({
    name,
    required: required.includes(name),
    shape: shapeOf(inner, root, depth + 1),
  }));
}

function resolve(schema: unknown, root: unknown): { found: Schema; name?: string } {
  let found: unknown = schema;
  let name: string | undefined;
  let beside: Schema = {};
  for (let step = 0; step < DEEPEST && isObject(found) && isText(found["$ref"]); step++) {
    const { $ref, ...rest } = found as Schema & { $ref: string };
    beside = { ...rest, ...beside };
    name = $ref.slice($ref.lastIndexOf("/") + 1);
    found = $ref
      .replace(/^#\/?/, "")
      .split("/")
      .filter(Boolean)
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
      .reduce<unknown>((place, part) => (isObject(place) ? place[part] : undefined), root);
  }
  const own = isObject(found) ? { ...found, ...beside } : beside;
  return name === undefined ? { found: own } : { found: own, name };
}

function wordsOf(values: readonly unknown[]): string {
  const words = values.slice(0, MOST_WORDS).map((value) => JSON.stringify(value));
  return values.length > MOST_WORDS ? `${words.join(" | ")} | …` : words.join(" | ");
}

const counted = (count: unknown, what: string) =>
  `${typeof count === "number" ? count.toLocaleString("en-US") : count} ${what}${count === 1 ? "" : "s"}`;

/** By keyword, how it is told; a function of what stands there. */
const RULES: Record<string, (value: unknown) => string> = {
  minimum: (value) => `≥ ${value}`,
  exclusiveMinimum: (value) => `> ${value}`,
  maximum: (value) => `≤ ${value}`,
  exclusiveMaximum: (value) => `< ${value}`,
  multipleOf: (value) => `a multiple of ${value}`,
  minLength: (value) => `at least ${counted(value, "character")}`,
  maxLength: (value) => `at most ${counted(value, "character")}`,
  pattern: (value) => `like ${value}`,
  format: (value) => String(value),
  minItems: (value) => `at least ${counted(value, "item")}`,
  maxItems: (value) => `at most ${counted(value, "item")}`,
  uniqueItems: (value) => (value === true ? "each item once" : ""),
  default: (value) => `default ${JSON.stringify(value)}`,
  "x-secret": (value) => (value === true ? "secret" : ""),
};

function rulesOf(schema: Schema): string[] {
  return Object.entries(RULES)
    .filter(([keyword]) => keyword in schema)
    .map(([keyword, tell]) => tell(schema[keyword]))
    .filter(Boolean);
}
