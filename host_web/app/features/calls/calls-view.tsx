import { Copy, Play, RotateCcw } from "lucide-react";
import { type KeyboardEvent, Suspense, useMemo, useState } from "react";
import { Prose } from "~/components/prose";
import { Refusal } from "~/components/refusal";
import { exampleOf } from "~/components/schema-form/schema";
import { Badge } from "~/components/ui/badge";
import { Button } from "~/components/ui/button";
import { Checkbox, Input, Textarea } from "~/components/ui/input";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "~/components/ui/menu";
import { EmptyView, SkeletonRows } from "~/components/views";
import type { Method, PluginInfo, Schema } from "~/lib/api/types";
import { cn } from "~/lib/classes";
import type { StreamWays } from "~/lib/live/calls";
import { useLive } from "~/lib/live/live";
import { notify } from "~/lib/notices";
import { lazyPart } from "~/lib/preload";
import { useMay, useRefusal, useSession } from "~/lib/session";
import { formatClock, formatLatency } from "~/lib/time";
import { useSearchParam } from "~/lib/use-search-param";
import { asCli, asCurl, asPython } from "./copy";
import { forgetCalls, type PastCall, usePastCalls } from "./history";
import { MethodList } from "./method-list";
import { OutcomeView, wasStopped } from "./outcome";
import { useCall } from "./use-call";

const SchemaForm = lazyPart(() => import("~/components/schema-form/schema-form"));
const FORM = "call-form";
const NOTHING: Schema = { type: "object", additionalProperties: false };

/** Lets a person call the methods of a plugin, watch the outcome, and do it again. */
export function CallsView({ plugin }: { plugin: PluginInfo }) {
  const [wanted, setWanted] = useSearchParam("method");
  const call = useCall(plugin.id);
  const methods = plugin.methods;
  const method =
    methods.find((one) => one.name === wanted) ?? (wanted === "" ? methods[0] : undescribed(wanted));
  const [repeated, setRepeated] = useState<PastCall | null>(null);

  const again = (past: PastCall) => {
    setRepeated(past);
    setWanted(past.method);
    call.start({ ...past, stream: past.stream ?? null, keepOpen: false, timeoutMs: null });
  };
  return (
    <div data-fills className="flex min-h-0 flex-1 max-lg:flex-col">
      <div className="flex min-h-0 shrink-0 flex-col border-line max-lg:border-b lg:w-56 lg:border-r">
        <MethodList methods={methods} chosen={method?.name ?? ""} onChoose={setWanted} />
      </div>
      <div className="grid min-h-0 min-w-0 flex-1 lg:overflow-auto xl:grid-cols-2 xl:overflow-hidden">
        <div className="min-w-0 scroll-pb-16 border-line xl:overflow-auto xl:border-r">
          {method === undefined ? (
            <EmptyView title="No methods are described">
              {plugin.id} comes without interface files, so the host does not know what it can do. Write the
              name of a method on the left, such as <code className="font-mono">{exampleName(plugin)}</code>.
            </EmptyView>
          ) : (
            <Request
              key={`${method.name} ${repeated?.id ?? ""}`}
              plugin={plugin.id}
              method={method}
              initial={repeated?.method === method.name ? repeated : null}
              busy={call.state !== null && call.state.outcome === null}
              onCall={call.start}
            />
          )}
        </div>
        <div className="min-w-0 border-line max-xl:border-t xl:overflow-auto">
          <OutcomeView
            state={call.state}
            method={methods.find((one) => one.name === call.state?.method)}
            onStop={call.stop}
            onSend={call.send}
            onFinish={call.finish}
          />
          <History plugin={plugin.id} onRepeat={again} />
        </div>
      </div>
    </div>
  );
}

/** Stand in for a method that no interface file describes: it is called with whatever is written. */
function undescribed(name: string): Method {
  return {
    name,
    description: "",
    params: null,
    result: null,
    stream_in: null,
    stream_out: null,
    idempotent: false,
    read_only: false,
    timeout_ms: null,
    deprecated: null,
  };
}

function waysOf(takes: boolean, sends: boolean): StreamWays | null {
  if (takes && sends) return "both";
  return takes ? "in" : sends ? "out" : null;
}

const exampleName = ({ provides }: PluginInfo): string => `${Object.keys(provides)[0] ?? "Interface"}.Method`;

interface RequestProps {
  plugin: string;
  method: Method;
  initial: PastCall | null;
  busy: boolean;
  onCall: ReturnType<typeof useCall>["start"];
}

function Request({ plugin, method, initial, busy, onCall }: RequestProps) {
  const schema = method.params ?? NOTHING;
  const [mode, setMode] = useSearchParam("as");
  const [value, setValue] = useState<unknown>(() => initial?.params ?? exampleOf(schema));
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const [itemsText, setItemsText] = useState(
    () => initial?.items?.map((item) => JSON.stringify(item)).join("\n") ?? "",
  );
  const [keepOpen, setKeepOpen] = useState(false);
  const [timeout, setTimeoutText] = useState("");
  const who = useSession();
  const connected = useLive((live) => live.connection === "live");
  const described = method.params !== null;
  const [sends, setSends] = useState(initial?.stream === "out" || initial?.stream === "both");
  const [takes, setTakes] = useState(initial?.stream === "in" || initial?.stream === "both");
  const takesItems = described ? method.stream_in !== null : takes;
  const raw = mode === "json" || !described;

  const fault = raw ? faultOf(text) : null;
  const items = useMemo(() => (takesItems ? parseLines(itemsText) : null), [itemsText, takesItems]);
  const itemsFault = items !== null && "fault" in items ? items.fault : null;
  const params = raw ? parseOr(text, value) : value;
  const mayCall = useMay("operator");
  const ready = fault === null && itemsFault === null && !busy && connected && mayCall;

  const make = () => {
    if (!ready) return;
    onCall({
      method: method.name,
      params,
      items: items !== null && "values" in items ? items.values : null,
      keepOpen,
      timeoutMs: timeout === "" ? null : Math.round(Number(timeout) * 1000),
      stream: described ? null : waysOf(takes, sends),
    });
  };
  /** What is wrong in a form is said at its fields, before the host is asked; JSON is sent as it is. */
  const submit = () => {
    const form = document.getElementById(FORM);
    if (form instanceof HTMLFormElement && ready) form.requestSubmit();
    else make();
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    submit();
  };
  const toCopy = {
    origin: window.location.origin,
    plugin,
    method: method.name,
    params,
    items: items !== null && "values" in items ? items.values : null,
    streams: method.stream_out !== null,
    needsToken: who !== null && who.kind !== "local",
  };
  const copy = (what: string, made: string) => {
    navigator.clipboard.writeText(made).then(
      () => notify("good", `Copied as ${what}`),
      () => notify("bad", "The browser did not let the console copy"),
    );
  };
  const change = (to: "form" | "json") => {
    if (to === "json") setText(JSON.stringify(value, null, 2));
    else setValue(parseOr(text, value));
    setMode(to === "json" ? "json" : "");
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a key that works in every field of the form
    <div className="flex flex-col gap-3 p-3" onKeyDown={pressed}>
      <MethodHead method={method} />
      {!described && (
        <fieldset className="flex flex-col gap-1">
          <legend className="mb-1 max-w-prose text-muted">
            Nothing describes this method: its parameters are written as JSON, and you say whether it streams.
            One that does waits until somebody takes its items.
          </legend>
          <label className="flex items-center gap-1.5">
            <Checkbox checked={sends} onChange={(event) => setSends(event.target.checked)} />
            it sends a stream
          </label>
          <label className="flex items-center gap-1.5">
            <Checkbox checked={takes} onChange={(event) => setTakes(event.target.checked)} />
            it takes a stream
          </label>
        </fieldset>
      )}
      <div className={cn("flex items-center gap-1", !described && "hidden")}>
        <fieldset className="flex rounded-md border border-line p-0.5">
          <legend className="sr-only">How to write the parameters</legend>
          {(["form", "json"] as const).map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={raw === (one === "json")}
              disabled={fault !== null}
              onClick={() => change(one)}
              className={cn(
                "h-6 rounded-sm px-2 text-xs",
                raw === (one === "json") ? "bg-hover font-medium text-text" : "text-muted hover:text-text",
              )}
            >
              {one === "form" ? "Form" : "JSON"}
            </button>
          ))}
        </fieldset>
      </div>
      {raw ? (
        <div className="flex flex-col gap-1">
          <Textarea
            aria-label="Parameters as JSON"
            value={text}
            spellCheck={false}
            rows={Math.min(24, Math.max(6, text.split("\n").length))}
            aria-invalid={fault === null ? undefined : true}
            onChange={(event) => setText(event.target.value)}
            className="w-full resize-y font-mono text-xs"
          />
          {fault !== null && <p className="text-bad text-xs">{fault}</p>}
        </div>
      ) : (
        <Suspense fallback={<SkeletonRows rows={3} label="The form is being fetched" />}>
          <SchemaForm id={FORM} schema={schema} value={value} onChange={setValue} onSubmit={make} />
        </Suspense>
      )}
      {takesItems && (
        <div className="flex flex-col gap-1">
          <label htmlFor="call-items" className="font-medium">
            Items to send, one JSON value a line
          </label>
          <Textarea
            id="call-items"
            value={itemsText}
            spellCheck={false}
            rows={4}
            placeholder={JSON.stringify(exampleOf(method.stream_in ?? {}))}
            aria-invalid={itemsFault === null ? undefined : true}
            onChange={(event) => setItemsText(event.target.value)}
            className="w-full resize-y font-mono text-xs"
          />
          {itemsFault !== null && <p className="text-bad text-xs">{itemsFault}</p>}
          <label className="flex items-center gap-1.5 text-muted">
            <Checkbox checked={keepOpen} onChange={(event) => setKeepOpen(event.target.checked)} />
            keep the stream open, to send more while it runs
          </label>
        </div>
      )}
      <Refusal needed="operator" />
      {!connected && (
        <p className="text-warn">Calls go over the live connection, which is not there at this moment.</p>
      )}
      <div className="sticky bottom-0 z-10 -mx-3 -mb-3 flex flex-wrap items-center gap-2 border-t bg-canvas px-3 py-2">
        <Button variant="primary" disabled={!ready} onClick={submit} title="Ctrl Enter">
          <Play aria-hidden />
          Call
        </Button>
        <label className="flex items-center gap-1.5 text-muted">
          within
          <Input
            type="number"
            min={0.001}
            max={3600}
            step="any"
            value={timeout}
            placeholder={method.timeout_ms === null ? "30" : String(method.timeout_ms / 1000)}
            onChange={(event) => setTimeoutText(event.target.value)}
            className="w-20 tabular"
          />
          s
        </label>
        <Menu>
          <MenuTrigger asChild>
            <Button
              variant="ghost"
              className="ml-auto"
              disabled={!described && (sends || takes)}
              title={
                !described && (sends || takes)
                  ? "Elsewhere only methods that an interface file describes can stream"
                  : undefined
              }
            >
              <Copy aria-hidden />
              Copy as
            </Button>
          </MenuTrigger>
          <MenuContent>
            <MenuItem onSelect={() => copy("curl", asCurl(toCopy))}>curl</MenuItem>
            <MenuItem onSelect={() => copy("a command", asCli(toCopy))}>polyhost call</MenuItem>
            <MenuItem onSelect={() => copy("Python", asPython(toCopy))}>Python</MenuItem>
          </MenuContent>
        </Menu>
      </div>
    </div>
  );
}

function MethodHead({ method }: { method: Method }) {
  return (
    <header>
      <h2 className="break-words font-mono text-sm">{method.name}</h2>
      {method.description && (
        <p className="mt-0.5 max-w-prose text-muted">
          <Prose text={method.description} />
        </p>
      )}
      <p className="mt-1 flex flex-wrap gap-1.5">
        {method.read_only && <Badge>reads only</Badge>}
        {method.idempotent && <Badge>may be repeated</Badge>}
        {method.stream_in !== null && <Badge>takes a stream</Badge>}
        {method.stream_out !== null && <Badge>sends a stream</Badge>}
        {method.deprecated && <Badge tone="warn">deprecated: {method.deprecated}</Badge>}
      </p>
    </header>
  );
}

function History({ plugin, onRepeat }: { plugin: string; onRepeat: (past: PastCall) => void }) {
  const past = usePastCalls(plugin);
  const refusal = useRefusal("operator");
  if (past.length === 0) return null;
  return (
    <section aria-label="Earlier calls" className="border-t px-3 py-2">
      <h3 className="flex items-center text-muted text-xs">
        <span className="flex-1">Earlier calls in this tab</span>
        <Button size="small" variant="ghost" onClick={() => forgetCalls(plugin)}>
          Forget them
        </Button>
      </h3>
      <ul className="mt-1 flex flex-col">
        {past.map((one) => (
          <li key={one.id} className="flex h-8 items-center gap-3 border-line/70 border-b last:border-b-0">
            <span className="shrink-0 font-mono text-faint text-xs tabular">{formatClock(one.at)}</span>
            <span className="shrink-0 font-mono text-xs">
              {one.method.slice(one.method.lastIndexOf(".") + 1)}
            </span>
            <span
              className="min-w-0 flex-1 truncate font-mono text-muted text-xs"
              title={JSON.stringify(one.params)}
            >
              {JSON.stringify(one.params)}
            </span>
            <span
              className={cn(
                "shrink-0 text-xs tabular",
                "problem" in one.outcome && !wasStopped(one.outcome) ? "text-bad" : "text-muted",
              )}
            >
              {wasStopped(one.outcome)
                ? "stopped"
                : "problem" in one.outcome
                  ? (one.outcome.problem.error?.name ?? one.outcome.problem.code)
                  : formatLatency(one.duration)}
            </span>
            <Button
              size="iconSmall"
              variant="ghost"
              aria-label={`Call ${one.method} again`}
              disabled={refusal !== null}
              title={refusal ?? undefined}
              onClick={() => onRepeat(one)}
            >
              <RotateCcw aria-hidden />
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function faultOf(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text || "{}");
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? null : "The parameters are one JSON object.";
  } catch (error) {
    return `no JSON yet: ${(error as Error).message}`;
  }
}

function parseOr(text: string, other: unknown): unknown {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return other;
  }
}

function parseLines(text: string): { values: unknown[] } | { fault: string } {
  const values: unknown[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    try {
      values.push(JSON.parse(line));
    } catch (error) {
      return { fault: `line ${index + 1} is no JSON: ${(error as Error).message}` };
    }
  }
  return { values };
}
