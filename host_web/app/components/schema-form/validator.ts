import { type Schema, Validator } from "@cfworker/json-schema";
import type {
  ErrorSchema,
  GenericObjectType,
  RJSFSchema,
  RJSFValidationError,
  ValidationData,
  ValidatorType,
} from "@rjsf/utils";

/**
 * Checks data by walking the schema: the usual validator compiles it to code, which the content security policy
 * refuses. The host decides in the end; this one only helps while typing.
 */
class WalkingValidator implements ValidatorType<unknown, RJSFSchema> {
  validateFormData(data: unknown, schema: RJSFSchema): ValidationData<unknown> {
    const errors = check(data, schema);
    return { errors, errorSchema: byField(errors) };
  }

  isValid(schema: RJSFSchema, data: unknown, root: RJSFSchema): boolean {
    const defs = { ...(root.$defs ?? {}), ...(schema.$defs ?? {}) };
    return check(data, { ...schema, $defs: defs }).length === 0;
  }

  rawValidation<Result>(schema: RJSFSchema, data: unknown): { errors?: Result[] } {
    return { errors: check(data, schema) as Result[] };
  }
}

function check(data: unknown, schema: RJSFSchema): RJSFValidationError[] {
  const { valid, errors } = new Validator(schema as Schema, "2020-12", false).validate(
    withoutUndefined(data),
  );
  if (valid) return [];
  // An outer error only repeats that an inner one is there.
  const inner = errors.filter(
    (one) =>
      !errors.some((other) => other !== one && other.keywordLocation.startsWith(`${one.keywordLocation}/`)),
  );
  return inner.map(({ instanceLocation, keyword, error }) => {
    const missing = keyword === "required" ? /property "([^"]+)"/.exec(error)?.[1] : undefined;
    const pointer = instanceLocation.replace(/^#\/?/, "");
    const path = [...pointer.split("/").filter(Boolean), ...(missing === undefined ? [] : [missing])];
    const message = missing === undefined ? error : "is required";
    return {
      name: keyword,
      property: path.map((part) => `.${part}`).join(""),
      message,
      stack: `${path.join("/")} ${message}`,
    };
  });
}

function withoutUndefined(data: unknown): unknown {
  return data === undefined ? {} : JSON.parse(JSON.stringify(data));
}

function byField(errors: readonly RJSFValidationError[]): ErrorSchema<unknown> {
  const tree: GenericObjectType = {};
  for (const { property, message } of errors) {
    let place = tree;
    for (const part of (property ?? "").split(".").filter(Boolean)) {
      place[part] ??= {};
      place = place[part] as GenericObjectType;
    }
    place["__errors"] = [...((place["__errors"] as string[] | undefined) ?? []), message ?? ""];
  }
  return tree as ErrorSchema<unknown>;
}

export const validator = new WalkingValidator();
