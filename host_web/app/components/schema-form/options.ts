import type { Schema } from "~/lib/api/types";
import { BYTES, JSON_TEXT } from "./formats";

/** By type, what a person calls it. */
const WORDS: Record<string, string> = {
  string: "text",
  number: "number",
  integer: "whole number",
  boolean: "yes or no",
  array: "list",
  object: "object",
  null: "null",
};

/** Name the options of a choice: by their titles, else by what they are; no two have the same name. */
export function optionLabels(options: readonly Schema[]): string[] {
  const plain = options.map(labelOf);
  return plain.map((label, index) => {
    if (plain.filter((one) => one === label).length === 1) return label;
    return `${label} ${plain.slice(0, index + 1).filter((one) => one === label).length}`;
  });
}

function labelOf(option: Schema): string {
  const { title, type, format } = option;
  if (typeof title === "string" && title !== "") return title;
  if ("const" in option) return String(option["const"]);
  const told = constantOf(option);
  if (told !== null) return told;
  if (format === BYTES) return "file";
  if (format === JSON_TEXT) return "any JSON";
  if (Array.isArray(option["enum"])) return "one of a few";
  const types = Array.isArray(type) ? type : [type ?? (option["properties"] ? "object" : undefined)];
  return types.map((one) => WORDS[String(one)] ?? "value").join(" or ");
}

/** The members of a union often tell themselves apart by a constant, such as `kind: "file"`. */
function constantOf({ properties }: Schema): string | null {
  if (typeof properties !== "object" || properties === null) return null;
  const constants = Object.values(properties as Record<string, Schema>).filter(
    (one) => typeof one === "object" && typeof one?.["const"] === "string",
  );
  return constants.length === 1 ? String(constants[0]?.["const"]) : null;
}

/** Return the option that a value fits by its type and its constants, as far as that can be told without a validator. */
export function fittingOption(options: readonly Schema[], value: unknown): Schema | undefined {
  return (
    options.find((one) => fits(one, value) === true) ?? options.find((one) => fits(one, value) !== false)
  );
}

/** Null stands for: it takes anything. */
function fits(option: Schema, value: unknown): boolean | null {
  const { type, format, required, properties } = option;
  if (format === BYTES) return isObject(value) && "$bytes" in value;
  if (format === JSON_TEXT) return null;
  if ("const" in option) return JSON.stringify(option["const"]) === JSON.stringify(value);
  if (Array.isArray(option["enum"])) return option["enum"].includes(value);
  const types = type === undefined ? [] : [type].flat();
  if (types.length > 0 && !types.some((one) => isOfType(value, String(one)))) return false;
  if (!isObject(value)) return types.length > 0 ? true : null;
  if (Array.isArray(required) && required.some((name) => !(String(name) in value))) return false;
  if (!isObject(properties)) return null;
  return Object.entries(properties).every(
    ([name, one]) => !(name in value && isObject(one) && "const" in one) || one["const"] === value[name],
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
