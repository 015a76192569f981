import { ArrowDownUp, ArrowLeftFromLine, ArrowRightFromLine } from "lucide-react";
import { useState } from "react";
import { Button } from "~/components/ui/button";
import { Input } from "~/components/ui/input";
import type { Method } from "~/lib/api/types";
import { cn } from "~/lib/classes";

/** Lists the methods by interface. */
export function MethodList(props: {
  methods: readonly Method[];
  chosen: string;
  onChoose: (name: string) => void;
}) {
  const { methods, chosen, onChoose } = props;
  const [query, setQuery] = useState("");
  const [other, setOther] = useState("");
  const found = methods.filter((method) =>
    `${method.name} ${method.description}`.toLowerCase().includes(query.toLowerCase()),
  );
  const groups = Map.groupBy(found, (method) =>
    method.name.slice(0, Math.max(0, method.name.lastIndexOf("."))),
  );
  return (
    <nav aria-label="Methods" className="flex min-h-0 flex-col">
      {methods.length > 0 && (
        <div className="p-2">
          <Input
            data-filter
            type="search"
            aria-label="Filter the methods"
            placeholder="Filter  /"
            className="w-full"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
        </div>
      )}
      <div
        className={cn(
          "min-h-0 flex-1 overflow-auto px-2 max-lg:max-h-40",
          methods.length > 0 ? "pb-2" : chosen !== "" && "py-2",
        )}
      >
        {[...groups].map(([name, members]) => (
          <section key={name} aria-label={name || "Methods"}>
            <h2 className="truncate px-2 pt-2 pb-1 text-faint text-xs">{name}</h2>
            {members.map((method) => (
              <button
                key={method.name}
                type="button"
                data-row
                title={method.description}
                aria-current={method.name === chosen ? "true" : undefined}
                onClick={() => onChoose(method.name)}
                className={cn(
                  "flex h-7 w-full items-center gap-2 rounded-md px-2 text-left font-mono text-xs hover:bg-hover",
                  method.name === chosen && "bg-selected",
                  method.deprecated && "text-faint line-through",
                )}
              >
                <span className="min-w-0 flex-1 truncate">
                  {method.name.slice(method.name.lastIndexOf(".") + 1)}
                </span>
                <StreamMark method={method} />
              </button>
            ))}
          </section>
        ))}
        {found.length === 0 && methods.length > 0 && <p className="px-2 py-4 text-muted">No method fits.</p>}
        {chosen !== "" && !methods.some((method) => method.name === chosen) && (
          <p className="truncate rounded-md bg-selected px-2 font-mono text-xs leading-7">{chosen}</p>
        )}
      </div>
      <form
        className={cn("flex gap-1 p-2", (methods.length > 0 || chosen !== "") && "border-t")}
        onSubmit={(event) => {
          event.preventDefault();
          if (other.trim() !== "") onChoose(other.trim());
        }}
      >
        <Input
          aria-label="Another method"
          placeholder="Another method"
          className="w-full font-mono text-xs"
          value={other}
          onChange={(event) => setOther(event.target.value)}
        />
        <Button type="submit" disabled={other.trim() === ""}>
          Choose
        </Button>
      </form>
    </nav>
  );
}

function StreamMark({ method: { stream_in, stream_out } }: { method: Method }) {
  if (stream_in === null && stream_out === null) return null;
  const [Icon, words] =
    stream_in !== null && stream_out !== null
      ? ([ArrowDownUp, "streams both ways"] as const)
      : stream_out !== null
        ? ([ArrowRightFromLine, "sends a stream"] as const)
        : ([ArrowLeftFromLine, "takes a stream"] as const);
  return (
    <span title={words} className="text-faint">
      <Icon aria-hidden className="size-3" />
      <span className="sr-only">{words}</span>
    </span>
  );
}
