import type {
  ArrayFieldItemTemplateProps,
  ArrayFieldTemplateProps,
  BaseInputTemplateProps,
  DescriptionFieldProps,
  FieldErrorProps,
  FieldHelpProps,
  FieldTemplateProps,
  IconButtonProps,
  MultiSchemaFieldTemplateProps,
  ObjectFieldTemplateProps,
  RegistryWidgetsType,
  TemplatesType,
  UnsupportedFieldProps,
  WidgetProps,
  WrapIfAdditionalTemplateProps,
} from "@rjsf/utils";
import { ChevronDown, ChevronUp, FileUp, Plus, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { formatBytes } from "~/lib/time";
import { Prose } from "../prose";
import { Button } from "../ui/button";
import { Checkbox, Input, Select, Textarea } from "../ui/input";
import { BYTES, base64Of, JSON_TEXT, jsonTextOf, markBytes, markJson } from "./schema";

/** Files are sent as part of one message; the host's own limit is that of a frame. */
const MAX_FILE = 4 * 1024 * 1024;

function FieldTemplate(props: FieldTemplateProps) {
  const { id, label, children, errors, rawDescription, hidden, required, displayLabel, schema, rawErrors } =
    props;
  if (hidden) return <div className="hidden">{children}</div>;
  const own = schema.type === "boolean";
  // The members of a list have numbers for names, which is said to those who do not see their order.
  const member = /_\d+$/.test(id);
  return (
    <WrapAdditional {...props}>
      <div className="flex flex-col gap-1">
        {displayLabel && !own && (
          <label htmlFor={id} className={member ? "sr-only" : "flex items-baseline gap-2"}>
            <span className="font-medium">{label}</span>
            {required && <span className="text-faint text-xs">required</span>}
          </label>
        )}
        {displayLabel && !own && rawDescription && (
          <p id={`${id}__description`} className="-mt-0.5 text-muted text-xs">
            <Prose text={rawDescription} />
          </p>
        )}
        {children}
        {rawErrors && rawErrors.length > 0 && errors}
      </div>
    </WrapAdditional>
  );
}

/** Gives a property that the schema does not name a key that can be changed, and lets it be removed. */
function WrapAdditional(props: FieldTemplateProps | WrapIfAdditionalTemplateProps) {
  const { id, label, schema, children, onKeyRenameBlur, onRemoveProperty } =
    props as WrapIfAdditionalTemplateProps;
  if (!("__additional_property" in schema)) return children;
  return (
    <div className="flex items-start gap-2">
      <Input
        aria-label="Key"
        id={`${id}-key`}
        defaultValue={label}
        onBlur={onKeyRenameBlur}
        className="w-40 font-mono"
      />
      <div className="min-w-0 flex-1">{children}</div>
      <Button variant="ghost" size="icon" aria-label={`Remove ${label}`} onClick={onRemoveProperty}>
        <X aria-hidden />
      </Button>
    </div>
  );
}

function ObjectFieldTemplate(props: ObjectFieldTemplateProps) {
  const { title, description, properties, fieldPathId, schema, formData, onAddProperty } = props;
  const isRoot = fieldPathId.path.length === 0;
  const canAdd = typeof schema.additionalProperties === "object" && schema.additionalProperties !== null;
  return (
    <fieldset
      className={
        isRoot ? "flex min-w-0 flex-col gap-3" : "flex min-w-0 flex-col gap-3 border-line border-l-2 pl-3"
      }
    >
      {!isRoot && title && <legend className="mb-1 font-medium">{title.replace(/-(\d+)$/, " $1")}</legend>}
      {!isRoot && description && <p className="-mt-1 text-muted text-xs">{description}</p>}
      {properties.map((property) => property.content)}
      {properties.length === 0 && isRoot && !canAdd && (
        <p className="text-muted">This method takes no parameters.</p>
      )}
      {canAdd && (
        <Button className="self-start" size="small" onClick={onAddProperty}>
          <Plus aria-hidden />
          Add {Object.keys((formData as object | undefined) ?? {}).length > 0 ? "another entry" : "an entry"}
        </Button>
      )}
    </fieldset>
  );
}

function ArrayFieldTemplate({
  title,
  schema,
  items,
  canAdd,
  onAddClick,
  fieldPathId,
}: ArrayFieldTemplateProps) {
  return (
    <fieldset id={fieldPathId.$id} className="flex min-w-0 flex-col gap-2 border-line border-l-2 pl-3">
      <legend className="mb-1 font-medium">{title}</legend>
      {schema.description && (
        <p className="-mt-1 text-muted text-xs">
          <Prose text={schema.description} />
        </p>
      )}
      {items}
      {canAdd && (
        <Button className="self-start" size="small" onClick={onAddClick}>
          <Plus aria-hidden />
          Add {items.length > 0 ? "another" : "one"}
        </Button>
      )}
    </fieldset>
  );
}

function ArrayFieldItemTemplate({ children, buttonsProps, index, hasToolbar }: ArrayFieldItemTemplateProps) {
  const { hasMoveUp, hasMoveDown, hasRemove, onMoveUpItem, onMoveDownItem, onRemoveItem } = buttonsProps;
  return (
    <div className="flex items-start gap-1">
      <div className="min-w-0 flex-1">{children}</div>
      {hasToolbar && (
        <>
          {(hasMoveUp || hasMoveDown) && (
            <>
              <ItemButton label={`Move ${index + 1} up`} disabled={!hasMoveUp} onClick={onMoveUpItem}>
                <ChevronUp aria-hidden />
              </ItemButton>
              <ItemButton label={`Move ${index + 1} down`} disabled={!hasMoveDown} onClick={onMoveDownItem}>
                <ChevronDown aria-hidden />
              </ItemButton>
            </>
          )}
          {hasRemove && (
            <ItemButton label={`Remove ${index + 1}`} onClick={onRemoveItem}>
              <X aria-hidden />
            </ItemButton>
          )}
        </>
      )}
    </div>
  );
}

function ItemButton(props: {
  label: string;
  disabled?: boolean;
  onClick: (event: unknown) => void;
  children: ReactNode;
}) {
  return (
    <Button
      variant="ghost"
      size="icon"
      aria-label={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.children}
    </Button>
  );
}

function MultiSchemaFieldTemplate({ selector, optionSchemaField }: MultiSchemaFieldTemplateProps) {
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {selector}
      {/* What was chosen is named above already. */}
      <div className="[&>div>fieldset>legend]:sr-only">{optionSchemaField}</div>
    </div>
  );
}

function FieldErrorTemplate({ errors, fieldPathId }: FieldErrorProps) {
  if (!errors || errors.length === 0) return null;
  return (
    <ul id={`${fieldPathId.$id}__error`} className="text-bad text-xs">
      {errors.map((error, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is replaced as a whole
        <li key={index}>{error}</li>
      ))}
    </ul>
  );
}

function FieldHelpTemplate({ help }: FieldHelpProps) {
  return help ? <p className="text-muted text-xs">{help}</p> : null;
}

function DescriptionFieldTemplate({ description, id }: DescriptionFieldProps) {
  if (!description) return null;
  return <span id={id}>{typeof description === "string" ? <Prose text={description} /> : description}</span>;
}

function UnsupportedFieldTemplate({ reason }: UnsupportedFieldProps) {
  return <p className="text-muted">A form cannot show this part ({reason}); write it as JSON.</p>;
}

function BaseInputTemplate(props: BaseInputTemplateProps) {
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
function TextWidget(props: WidgetProps) {
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

function CheckboxWidget({ id, htmlName, value, onChange, label, schema }: WidgetProps) {
  return (
    <div>
      <label htmlFor={id} className="inline-flex items-center gap-2 font-medium">
        <Checkbox
          id={id}
          name={htmlName ?? id}
          checked={value === true}
          aria-describedby={schema.description ? `${id}__description` : undefined}
          onChange={(event) => onChange(event.target.checked)}
        />
        {label}
        {value === undefined && schema.default !== undefined && (
          <span className="font-normal text-faint text-xs">{schema.default ? "on" : "off"} unless set</span>
        )}
      </label>
      {schema.description && (
        <p id={`${id}__description`} className="pl-[22px] text-muted text-xs">
          <Prose text={schema.description} />
        </p>
      )}
    </div>
  );
}

function SelectWidget({
  id,
  htmlName,
  value,
  options,
  required,
  onChange,
  multiple,
  label,
  hideLabel,
  schema,
}: WidgetProps) {
  const choices = options.enumOptions ?? [];
  const indexOf = (one: unknown) =>
    choices.findIndex((choice) => JSON.stringify(choice.value) === JSON.stringify(one));
  if (multiple) {
    const chosen = (value as unknown[] | undefined) ?? [];
    return (
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {choices.map((choice) => (
          <label key={choice.label} className="inline-flex items-center gap-2">
            <Checkbox
              checked={chosen.includes(choice.value)}
              onChange={(event) =>
                onChange(
                  event.target.checked
                    ? [...chosen, choice.value]
                    : chosen.filter((one) => one !== choice.value),
                )
              }
            />
            {choice.label}
          </label>
        ))}
      </div>
    );
  }
  const at = indexOf(value);
  return (
    <Select
      id={id}
      name={htmlName ?? id}
      value={at === -1 ? "" : String(at)}
      required={required}
      aria-label={hideLabel ? label : undefined}
      onChange={(event) =>
        onChange(event.target.value === "" ? undefined : choices[Number(event.target.value)]?.value)
      }
      className="max-w-full"
    >
      {(at === -1 || !required) && (
        <option value="">
          {schema.default !== undefined ? `${schema.default}, as it is` : required ? "Choose…" : "–"}
        </option>
      )}
      {choices.map((choice, index) => (
        <option key={choice.label} value={String(index)}>
          {choice.label}
        </option>
      ))}
    </Select>
  );
}

function JsonWidget({ id, value, onChange, schema }: WidgetProps) {
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

function BytesWidget({ id, value, onChange, label, schema }: WidgetProps) {
  const base64 = base64Of(value);
  const [tooLarge, setTooLarge] = useState<number | null>(null);
  const most = Math.min(MAX_FILE, typeof schema["maxBytes"] === "number" ? schema["maxBytes"] : MAX_FILE);
  const size =
    Math.floor((base64.length * 3) / 4) - (base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0);
  const read = async (file: File | undefined) => {
    if (file === undefined) return;
    setTooLarge(file.size > most ? file.size : null);
    if (file.size > most) return onChange(undefined);
    const bytes = new Uint8Array(await file.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 0x8000)
      text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    onChange(markBytes(btoa(text)));
  };
  return (
    <div className="flex flex-wrap items-center gap-2">
      <label className="relative inline-flex h-7 cursor-pointer items-center gap-1.5 rounded-md border border-line bg-surface px-2.5 font-medium hover:bg-hover has-focus-visible:outline-2 has-focus-visible:outline-ring">
        <FileUp aria-hidden className="size-3.5" />
        {value === undefined ? "Choose a file" : "Choose another file"}
        <input
          id={id}
          type="file"
          aria-label={label}
          aria-describedby={schema.description ? `${id}__description` : undefined}
          className="absolute inset-0 cursor-pointer opacity-0"
          onChange={(event) => void read(event.target.files?.[0])}
        />
      </label>
      {value !== undefined && (
        <>
          <span className="text-muted tabular">{formatBytes(size)}</span>
          <Button
            variant="ghost"
            size="iconSmall"
            aria-label={`Remove the file of ${label}`}
            onClick={() => onChange(undefined)}
          >
            <X aria-hidden />
          </Button>
        </>
      )}
      <span role="status" className={tooLarge === null ? "text-faint text-xs" : "text-bad text-xs"}>
        {tooLarge !== null && `The file has ${formatBytes(tooLarge)}: `}at most {formatBytes(most)}
      </span>
    </div>
  );
}

function AddButton(props: IconButtonProps) {
  return (
    <Button size="small" disabled={props.disabled} onClick={props.onClick}>
      <Plus aria-hidden />
      Add
    </Button>
  );
}

export const TEMPLATES: Partial<TemplatesType> = {
  ArrayFieldItemTemplate,
  ArrayFieldTemplate,
  BaseInputTemplate,
  DescriptionFieldTemplate,
  FieldErrorTemplate,
  FieldHelpTemplate,
  FieldTemplate,
  MultiSchemaFieldTemplate,
  ObjectFieldTemplate,
  UnsupportedFieldTemplate,
  ButtonTemplates: { AddButton } as TemplatesType["ButtonTemplates"],
};

export const WIDGETS: RegistryWidgetsType = {
  TextWidget,
  TextareaWidget: TextWidget,
  CheckboxWidget,
  SelectWidget,
  [BYTES]: BytesWidget,
  [JSON_TEXT]: JsonWidget,
};
