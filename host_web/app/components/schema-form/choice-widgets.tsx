import { ADDITIONAL_PROPERTY_FLAG, type WidgetProps } from "@rjsf/utils";
import { X } from "lucide-react";
import { useRef } from "react";
import { Prose } from "../prose";
import { Button } from "../ui/button";
import { Checkbox, Select } from "../ui/input";

/** Is on, off or, where it need not be there, left out again. */
export function CheckboxWidget({ id, htmlName, value, onChange, label, required, schema }: WidgetProps) {
  const box = useRef<HTMLInputElement>(null);
  const optional = required !== true && !(ADDITIONAL_PROPERTY_FLAG in schema);
  return (
    <div>
      <div className="flex items-center gap-2">
        <label htmlFor={id} className="inline-flex items-center gap-2 font-medium">
          <Checkbox
            ref={box}
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
        {optional && value !== undefined && (
          <>
            <span className="text-faint text-xs">{value === true ? "set to on" : "set to off"}</span>
            <Button
              variant="ghost"
              size="iconSmall"
              className="-my-1"
              aria-label={`Leave out ${label}`}
              title="Leave it out"
              onClick={() => {
                onChange(undefined);
                box.current?.focus();
              }}
            >
              <X aria-hidden />
            </Button>
          </>
        )}
      </div>
      {schema.description && (
        <p id={`${id}__description`} className="pl-[22px] text-muted text-xs">
          <Prose text={schema.description} />
        </p>
      )}
    </div>
  );
}

export function SelectWidget({
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
