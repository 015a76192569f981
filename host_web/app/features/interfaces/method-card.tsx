import { ChevronRight, Play } from "lucide-react";
import { Link } from "react-router";
import { JsonView } from "~/components/json-view";
import { Prose } from "~/components/prose";
import { SchemaView } from "~/components/schema-view/schema-view";
import { shapeOf, signatureOf } from "~/components/schema-view/shape";
import { Badge } from "~/components/ui/badge";
import { Button } from "~/components/ui/button";
import type { InterfaceSnapshot } from "~/lib/api/interfaces";
import type { Schema } from "~/lib/api/types";
import { cn } from "~/lib/classes";
import { formatDuration } from "~/lib/time";

export type Method = InterfaceSnapshot["methods"][number];

/** What an interface file says about a method beyond what can be called with. */
export interface Further {
  since?: string;
  errors?: readonly string[];
  examples?: readonly Example[];
}

export interface Example {
  name?: string;
  description?: string;
  params?: unknown;
  result?: unknown;
  error?: unknown;
  [further: string]: unknown;
}

/** Return what an interface file says of a method that is in no picture of it. */
export function furtherOf(one: Pick<InterfaceSnapshot, "document"> | undefined, method: string): Further {
  const methods = (one?.document as { methods?: Record<string, Further> } | null | undefined)?.methods;
  return methods?.[method.slice(method.lastIndexOf(".") + 1)] ?? {};
}

interface Props {
  method: Method;
  further: Further;
  open: boolean;
  onToggle: () => void;
  /** Who can be called, or null when nobody runs. */
  provider: string | null;
}

/** Shows a method: its signature at a glance, and opened all that the interface says about it. */
export function MethodCard({ method, further, open, onToggle, provider }: Props) {
  const name = method.name.slice(method.name.lastIndexOf(".") + 1);
  return (
    <article id={name} className="border-line/70 border-b last:border-b-0">
      <div className="relative flex items-start gap-2 px-3 py-2 hover:bg-hover">
        <ChevronRight
          aria-hidden
          className={cn("mt-1 size-3.5 shrink-0 text-faint transition-transform", open && "rotate-90")}
        />
        <div className="min-w-0 flex-1">
          <h3 className="break-words font-mono text-xs leading-5">
            <button
              type="button"
              data-row
              aria-expanded={open}
              onClick={onToggle}
              className="font-semibold text-sm after:absolute after:inset-0"
            >
              {name}
            </button>
            <span className="text-muted">
              ({signatureOf(shapeOf(method.params ?? {}))}) → {outputOf(method)}
            </span>
          </h3>
          {method.description && (
            <p className="text-muted">
              <Prose text={method.description} />
            </p>
          )}
        </div>
        <Marks method={method} since={further.since} />
      </div>
      {open && <Opened method={method} further={further} provider={provider} />}
    </article>
  );
}

function outputOf({ result, stream_out }: Method): string {
  const end = result === null ? "anything" : signatureOf(shapeOf(result)) || "nothing";
  return stream_out === null ? end : `stream of ${signatureOf(shapeOf(stream_out))}, then ${end}`;
}

function Marks({ method, since }: { method: Method; since: string | undefined }) {
  const { read_only, idempotent, stream_in, stream_out, deprecated } = method;
  return (
    <span className="flex shrink-0 flex-wrap justify-end gap-1 max-sm:hidden">
      {deprecated !== null && (
        <Badge tone="warn" title={deprecated}>
          deprecated
        </Badge>
      )}
      {since && <Badge title="The version that brought it">since {since}</Badge>}
      {stream_in !== null && <Badge>takes a stream</Badge>}
      {stream_out !== null && <Badge>sends a stream</Badge>}
      {read_only && <Badge>reads only</Badge>}
      {idempotent && !read_only && <Badge>may be repeated</Badge>}
    </span>
  );
}

function Opened({ method, further, provider }: Omit<Props, "open" | "onToggle">) {
  const { params, result, stream_in, stream_out, timeout_ms, deprecated } = method;
  const parts = [
    ["Params", params],
    ["Items that it takes", stream_in],
    ["Items that it sends", stream_out],
    ["Result", result],
  ] as const;
  return (
    <div className="flex flex-col gap-3 pr-3 pb-4 pl-[34px]">
      {deprecated !== null && <p className="text-warn">Deprecated: {deprecated}</p>}
      <div className="grid gap-x-6 gap-y-3 xl:grid-cols-2">
        {parts.map(
          ([title, schema]) => schema !== null && <Part key={title} title={title} schema={schema} />,
        )}
      </div>
      {further.errors && further.errors.length > 0 && (
        <p className="flex flex-wrap items-center gap-1.5">
          <span className="text-faint text-xs">May fail with</span>
          {further.errors.map((one) => (
            <Badge key={one} className="font-mono">
              {one}
            </Badge>
          ))}
        </p>
      )}
      {further.examples?.map((example, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: examples of a file never move
        <ExampleView key={index} example={example} />
      ))}
      <p className="flex flex-wrap items-center gap-2 text-muted">
        {provider !== null && (
          <Button asChild size="small">
            <Link
              to={`/plugins/${encodeURIComponent(provider)}/calls?method=${encodeURIComponent(method.name)}`}
            >
              <Play aria-hidden />
              Call it on {provider}
            </Link>
          </Button>
        )}
        {timeout_ms !== null && (
          <span>Has {formatDuration(timeout_ms / 1000)} unless the caller says otherwise.</span>
        )}
      </p>
    </div>
  );
}

function Part({ title, schema }: { title: string; schema: Schema }) {
  return (
    <div className="min-w-0">
      <h4 className="mb-0.5 text-faint text-xs">{title}</h4>
      <SchemaView schema={schema} label={title} />
    </div>
  );
}

function ExampleView({ example }: { example: Example }) {
  const { name, description, ...rest } = example;
  return (
    <div className="rounded-md border border-line bg-sunken">
      <h4 className="px-2.5 pt-1.5 text-muted text-xs">
        Example{name ? `: ${name}` : ""}
        {description ? `. ${description}` : ""}
      </h4>
      <JsonView value={rest} label={`Example ${name ?? ""}`} className="max-h-60 px-2.5 py-1.5" />
    </div>
  );
}
