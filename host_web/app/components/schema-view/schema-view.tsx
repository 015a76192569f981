import type { Schema } from "~/lib/api/types";
import { cn } from "~/lib/classes";
import { Prose } from "../prose";
import { type Field, type Shape, shapeOf } from "./shape";

/** Shows a schema as a list of its fields, each with its type, what must hold, and what it means. */
export function SchemaView({ schema, label }: { schema: Schema; label: string }) {
  const shape = shapeOf(schema);
  return (
    <section aria-label={label} className="min-w-0">
      {shape.fields.length === 0 && shape.variants.length === 0 ? (
        <p>
          <Type shape={shape} />
          {shape.description && (
            <span className="ml-2 text-muted">
              <Prose text={shape.description} />
            </span>
          )}
        </p>
      ) : (
        <Inside shape={shape} top />
      )}
    </section>
  );
}

function Inside({ shape, top = false }: { shape: Shape; top?: boolean }) {
  return (
    <div className={cn("flex flex-col", !top && "mt-1 border-l pl-3")}>
      {shape.fields.map((field) => (
        <FieldLine key={field.name} field={field} />
      ))}
      {shape.variants.map((variant, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: alternatives have no names and never move
        <div key={index} className="mt-1">
          <p className="text-faint text-xs">{shape.variants.length > 1 ? `or, ${index + 1}:` : "with"}</p>
          <Inside shape={variant} />
        </div>
      ))}
    </div>
  );
}

function FieldLine({ field: { name, required, shape } }: { field: Field }) {
  return (
    <div className="border-line/60 border-b py-1 last:border-b-0">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <code className={cn("font-mono text-xs", required ? "font-semibold text-text" : "text-text")}>
          {name}
          {!required && (
            <span className="text-faint" title="may be left out">
              ?
            </span>
          )}
        </code>
        <Type shape={shape} />
      </p>
      {shape.description && (
        <p className="max-w-prose text-muted">
          <Prose text={shape.description} />
        </p>
      )}
      {(shape.fields.length > 0 || shape.variants.length > 0) && <Inside shape={shape} />}
    </div>
  );
}

function Type({ shape: { type, rules } }: { shape: Shape }) {
  return (
    <span className="min-w-0 break-words">
      <code className="font-mono text-busy text-xs">{type}</code>
      {rules.length > 0 && <span className="ml-2 text-faint text-xs">{rules.join(", ")}</span>}
    </span>
  );
}
