import formDataForNewOption from "@rjsf/core/lib/components/fields/formDataForNewOption.js";
import {
  ADDITIONAL_PROPERTY_FLAG,
  deepEquals,
  type Field,
  type FieldProps,
  getDiscriminatorFieldFromSchema,
  mergeSchemas,
  type RJSFSchema,
} from "@rjsf/utils";
import { useEffect, useMemo, useRef, useState } from "react";
import { Select } from "../ui/input";
import { optionLabels } from "./options";

/** No option: the value is left out. */
const NOT_SET = -1;

/**
 * Lets a person choose one of several schemas (`oneOf`, `anyOf`), and fill that one in.
 *
 * A value that need not be there can be left out, and taken back; the form's own field for this always takes the first
 * option.
 */
export function ChoiceField(props: FieldProps) {
  const { formData, required, registry, schema, options, fieldPathId, name, disabled, readonly } = props;
  const { schemaUtils } = registry;
  const optional = required !== true && fieldPathId.path.length > 0 && !(ADDITIONAL_PROPERTY_FLAG in schema);
  const retrieved = useMemo(
    () => (options as RJSFSchema[]).map((option) => schemaUtils.retrieveSchema(option, formData)),
    [options, schemaUtils, formData],
  );
  const match = () => {
    if (optional && formData === undefined) return NOT_SET;
    return schemaUtils.getClosestMatchingOption(
      formData,
      retrieved,
      0,
      getDiscriminatorFieldFromSchema(schema),
    );
  };
  const [chosen, setChosen] = useState(match);

  // What is written here changes no choice, not even when it is taken out again; what comes from elsewhere does.
  const own = useRef(false);
  const before = useRef(formData);
  useEffect(() => {
    if (deepEquals(before.current, formData)) return;
    before.current = formData;
    if (!own.current) setChosen(match());
    own.current = false;
  });
  const onChange: FieldProps["onChange"] = (...change) => {
    own.current = true;
    props.onChange(...change);
  };

  const choose = (next: number) => {
    setChosen(next);
    const option = retrieved[next];
    const carried =
      option === undefined
        ? undefined
        : withConstants(
            option,
            formDataForNewOption(schemaUtils, formData, option, retrieved[chosen], schema) ?? emptyOf(option),
          );
    onChange(carried, fieldPathId.path, undefined, fieldPathId.$id);
  };
  const option = retrieved[chosen];
  const SchemaField = registry.fields["SchemaField"] as Field;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <Select
        id={`${fieldPathId.$id}__choice`}
        aria-label={`Kind of ${schema.title ?? name}`}
        value={String(chosen)}
        disabled={disabled || readonly}
        onChange={(event) => choose(Number(event.target.value))}
        className="max-w-full self-start"
      >
        {optional && (
          <option value={NOT_SET}>
            {schema.default === undefined ? "Not set" : `${JSON.stringify(schema.default)}, as it is`}
          </option>
        )}
        {optionLabels(retrieved).map((label, index) => (
          <option key={label} value={index}>
            {label}
          </option>
        ))}
      </Select>
      {option !== undefined && option.type !== "null" && !("const" in option) && (
        // What was chosen is named above already.
        <div className="[&>div>fieldset>legend]:sr-only [&>div>label]:sr-only">
          <SchemaField {...props} onChange={onChange} schema={withParent(schema, option)} />
        </div>
      )}
    </div>
  );
}

/** The least that an option takes; undefined where a person has to write something first. */
function emptyOf(option: RJSFSchema): unknown {
  if ("const" in option) return option.const;
  if (option.type === "null") return null;
  if (option.type === "array") return [];
  return option.type === "object" || option.properties !== undefined ? {} : undefined;
}

/** Fill in what an option says of itself, such as `kind: "file"`: it is chosen with the option. */
function withConstants({ properties, required = [] }: RJSFSchema, data: unknown): unknown {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return data;
  const constants = Object.entries(properties ?? {}).flatMap(([name, one]) =>
    required.includes(name) && typeof one === "object" && "const" in one ? [[name, one.const]] : [],
  );
  return { ...data, ...Object.fromEntries(constants) };
}

/** Options may leave out what is said around them: which members must be there, and the type. */
function withParent(schema: RJSFSchema, option: RJSFSchema): RJSFSchema {
  const { required, type } = schema;
  return mergeSchemas(
    {
      ...(required === undefined ? {} : { required }),
      ...(type === undefined || "type" in option ? {} : { type }),
    },
    option,
  ) as RJSFSchema;
}
