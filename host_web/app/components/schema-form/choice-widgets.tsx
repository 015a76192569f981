import type { WidgetProps } from "@rjsf/utils";
import { Prose } from "../prose";
import { Checkbox, Select } from "../ui/input";

export function CheckboxWidget({ id, htmlName, value, required, onChange, label, schema }: WidgetProps) {
  // Left out is not the same as off: the plugin says what it takes it for.
  const unset = schema.default === undefined ? "not set" : `${schema.default ? "on" : "off"} unless set`;
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
        {value === undefined && <span className="font-normal text-faint text-xs">{unset}</span>}
      </label>
      {value !== undefined && !required && (
        <button
          type="button"
          aria-label={`Leave ${label} out`}
          className="ml-2 text-faint text-xs hover:text-text hover:underline"
          onClick={() => {
            onChange(undefined);
            document.getElementById(id)?.focus(); // this button goes away
          }}
        >
          leave out
        </button>
      )}
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
