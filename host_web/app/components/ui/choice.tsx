import { type ReactNode, useId } from "react";
import { cn } from "~/lib/classes";

interface ChoiceProps<Value extends string> {
  legend: string;
  value: Value;
  options: readonly { value: Value; label: ReactNode; text?: ReactNode }[];
  onChange: (value: Value) => void;
  /** Beside each other instead of below. */
  inline?: boolean;
}

/** Lets a person choose one of a few things, with what each of them means. */
export function Choice<Value extends string>(props: ChoiceProps<Value>) {
  const { legend, value, options, onChange, inline = false } = props;
  const name = useId();
  return (
    <fieldset data-slot="choice" className="min-w-0">
      <legend className="mb-1 font-medium">{legend}</legend>
      <div className={cn("flex gap-1.5", inline ? "flex-wrap" : "flex-col")}>
        {options.map((option) => (
          <label
            key={option.value}
            className={cn(
              "flex cursor-pointer items-start gap-2 rounded-md border px-2.5 py-1.5 hover:bg-hover has-focus-visible:outline-2 has-focus-visible:outline-ring",
              option.value === value ? "border-accent bg-selected" : "border-line",
            )}
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              className="mt-[3px] size-3.5 shrink-0 accent-accent outline-none"
            />
            <span className="min-w-0">
              <span className="flex items-center gap-1.5 font-medium">{option.label}</span>
              {option.text && <span className="block text-muted">{option.text}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
