import type { BaseInputTemplateProps, WidgetProps } from "@rjsf/utils";
import { Input, Textarea } from "../ui/input";
import { jsonTextOf, markJson } from "./schema";

export function BaseInputTemplate(props: BaseInputTemplateProps) {
  const {
    id,
    htmlName,
    value,
    required,
    onChange,
    onBlur,
    onFocus,
    schema,
    rawErrors,
    options,
    type,
    placeholder,
  } = props;
  const numeric = schema.type === "number" || schema.type === "integer";
  const described = schema.description ? `${id}__description` : undefined;
  return (
    <Input
      id={id}
      name={htmlName ?? id}
      type={
        numeric
          ? "number"
          : ["email", "url", "date", "datetime-local", "time"].includes(type ?? "")
            ? type
            : "text"
      }
      step={schema.type === "integer" ? 1 : numeric ? "any" : undefined}
      value={value ?? ""}
      required={required}
      placeholder={placeholder || (schema.default === undefined ? "" : String(schema.default))}
      autoComplete="off"
      aria-invalid={rawErrors && rawErrors.length > 0 ? true : undefined}
      aria-describedby={
        [described, rawErrors?.length ? `${id}__error` : undefined].filter(Boolean).join(" ") || undefined
      }
      onChange={(event) => onChange(event.target.value === "" ? options.emptyValue : event.target.value)}
      onBlur={(event) => onBlur(id, event.target.value)}
      onFocus={(event) => onFocus(id, event.target.value)}
      className={numeric ? "w-40 tabular" : "w-full"}
    />
  );
}

/** Grows with what is written: most texts are one line, some are a page. */
export function TextWidget(props: WidgetProps) {
  const { id, htmlName, value, required, onChange, schema, rawErrors } = props;
  if (schema.type === "number" || schema.type === "integer") return <BaseInputTemplate {...props} />;
  const text = (value as string | undefined) ?? "";
  return (
    <Textarea
      id={id}
      name={htmlName ?? id}
      rows={Math.min(12, Math.max(1, text.split("\n").length))}
      value={text}
      required={required}
      spellCheck={false}
      placeholder={schema.default === undefined ? "" : String(schema.default)}
      aria-invalid={rawErrors && rawErrors.length > 0 ? true : undefined}
      aria-describedby={schema.description ? `${id}__description` : undefined}
      onChange={(event) => onChange(event.target.value === "" && !required ? undefined : event.target.value)}
      className="field-sizing-content min-h-7 w-full resize-none py-[3px]!"
    />
  );
}

export function JsonWidget({ id, value, onChange, schema }: WidgetProps) {
  const text = jsonTextOf(value);
  const fault = faultOf(text);
  return (
    <>
      <Textarea
        id={id}
        rows={Math.min(12, Math.max(2, text.split("\n").length))}
        value={text}
        spellCheck={false}
        placeholder="any JSON"
        aria-invalid={fault === null ? undefined : true}
        aria-describedby={schema.description ? `${id}__description` : undefined}
        onChange={(event) => onChange(markJson(event.target.value))}
        className="w-full resize-y font-mono text-xs"
      />
      {fault !== null && <p className="text-bad text-xs">{fault}</p>}
    </>
  );
}

function faultOf(text: string): string | null {
  if (text.trim() === "") return null;
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return `no JSON yet: ${(error as Error).message}`;
  }
}
