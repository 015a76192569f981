import { type KeyboardEvent, Suspense, useMemo, useState } from "react";
import { Prose } from "~/components/prose";
import { Refusal } from "~/components/refusal";
import { exampleOf } from "~/components/schema-form/schema";
import { Badge } from "~/components/ui/badge";
import { SkeletonRows } from "~/components/views";
import type { Method, Schema } from "~/lib/api/types";
import { useLive } from "~/lib/live/live";
import { lazyPart } from "~/lib/preload";
import { useMay, useSession } from "~/lib/session";
import { useSearchParam } from "~/lib/use-search-param";
import { CallBar } from "./call-bar";
import type { PastCall } from "./history";
import { FormOrJson, ItemsToSend, ParamsText, StreamChoice } from "./request-parts";
import { waysOf } from "./undescribed";
import type { useCall } from "./use-call";
import { faultOf, parseLines, parseOr } from "./written";

const SchemaForm = lazyPart(() => import("~/components/schema-form/schema-form"));
const FORM = "call-form";
const NOTHING: Schema = { type: "object", additionalProperties: false };

interface RequestProps {
  plugin: string;
  method: Method;
  /** A call from the history that is made once more. */
  initial: PastCall | null;
  busy: boolean;
  onCall: ReturnType<typeof useCall>["start"];
}

/** Lets a person write what a call carries, and make it. */
export function Request({ plugin, method, initial, busy, onCall }: RequestProps) {
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
  const stream = described ? null : waysOf(takes, sends);
  const takesItems = described ? method.stream_in !== null : takes;
  const raw = mode === "json" || !described;

  const fault = raw ? faultOf(text) : null;
  const written = useMemo(() => (takesItems ? parseLines(itemsText) : null), [itemsText, takesItems]);
  const itemsFault = written !== null && "fault" in written ? written.fault : null;
  const items = written !== null && "values" in written ? written.values : null;
  const params = raw ? parseOr(text, value) : value;
  const mayCall = useMay("operator");
  const ready = fault === null && itemsFault === null && !busy && connected && mayCall;

  const make = () => {
    if (!ready) return;
    onCall({
      method: method.name,
      params,
      items,
      keepOpen,
      timeoutMs: timeout === "" ? null : Math.round(Number(timeout) * 1000),
      stream,
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
  const change = (toJson: boolean) => {
    if (toJson) setText(JSON.stringify(value, null, 2));
    else setValue(parseOr(text, value));
    setMode(toJson ? "json" : "");
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a key that works in every field of the form
    <div className="flex flex-col gap-3 p-3" onKeyDown={pressed}>
      <MethodHead method={method} />
      {described ? (
        <FormOrJson json={raw} disabled={fault !== null} onChange={change} />
      ) : (
        <StreamChoice sends={sends} takes={takes} onSends={setSends} onTakes={setTakes} />
      )}
      {raw ? (
        <ParamsText text={text} fault={fault} onChange={setText} />
      ) : (
        <Suspense fallback={<SkeletonRows rows={3} label="The form is being fetched" />}>
          <SchemaForm id={FORM} schema={schema} value={value} onChange={setValue} onSubmit={make} />
        </Suspense>
      )}
      {takesItems && (
        <ItemsToSend
          text={itemsText}
          fault={itemsFault}
          example={JSON.stringify(exampleOf(method.stream_in ?? {}))}
          keepOpen={keepOpen}
          onChange={setItemsText}
          onKeepOpen={setKeepOpen}
        />
      )}
      <Refusal needed="operator" />
      {!connected && (
        <p className="text-warn">Calls go over the live connection, which is not there at this moment.</p>
      )}
      <CallBar
        ready={ready}
        onCall={submit}
        timeout={timeout}
        usualTimeoutMs={method.timeout_ms}
        onTimeout={setTimeoutText}
        toCopy={{
          origin: window.location.origin,
          plugin,
          method: method.name,
          params,
          items,
          stream,
          sendsItems: described ? method.stream_out !== null : sends,
          needsToken: who !== null && who.kind !== "local",
        }}
      />
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
