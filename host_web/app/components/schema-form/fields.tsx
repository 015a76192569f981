import type {
  DescriptionFieldProps,
  FieldErrorProps,
  FieldHelpProps,
  FieldTemplateProps,
  IconButtonProps,
  ObjectFieldTemplateProps,
  UnsupportedFieldProps,
  WrapIfAdditionalTemplateProps,
} from "@rjsf/utils";
import { Plus, X } from "lucide-react";
import { Prose } from "../prose";
import { Button } from "../ui/button";
import { Input } from "../ui/input";

// What stands around the control of a value: its name, what is said about it, what is wrong with it.

export function FieldTemplate(props: FieldTemplateProps) {
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

/** What can have one value only and has it needs no field. */
function isSettled({ schema, formData }: ObjectFieldTemplateProps, name: string): boolean {
  const one = schema.properties?.[name];
  const value = (formData as Record<string, unknown> | undefined)?.[name];
  return typeof one === "object" && "const" in one && value !== undefined && value === one.const;
}

export function ObjectFieldTemplate(props: ObjectFieldTemplateProps) {
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
      {!isRoot && description && (
        <p className="-mt-1 text-muted text-xs">
          {typeof description === "string" ? <Prose text={description} /> : description}
        </p>
      )}
      {properties.filter(({ name }) => !isSettled(props, name)).map((property) => property.content)}
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

export function FieldErrorTemplate({ errors, fieldPathId }: FieldErrorProps) {
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

export function FieldHelpTemplate({ help }: FieldHelpProps) {
  return help ? <p className="text-muted text-xs">{help}</p> : null;
}

export function DescriptionFieldTemplate({ description, id }: DescriptionFieldProps) {
  if (!description) return null;
  return <span id={id}>{typeof description === "string" ? <Prose text={description} /> : description}</span>;
}

export function UnsupportedFieldTemplate({ reason }: UnsupportedFieldProps) {
  return <p className="text-muted">A form cannot show this part ({reason}); write it as JSON.</p>;
}

export function AddButton(props: IconButtonProps) {
  return (
    <Button size="small" disabled={props.disabled} onClick={props.onClick}>
      <Plus aria-hidden />
      Add
    </Button>
  );
}
