import { ArrowLeft, ArrowRight, Repeat2, SquareArrowOutUpRight } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Link } from "react-router";
import { CopyButton } from "~/components/copy-button";
import { Fact, Facts } from "~/components/facts";
import { JsonView } from "~/components/json-view";
import { Badge } from "~/components/ui/badge";
import { Button } from "~/components/ui/button";
import { ErrorView, SkeletonRows } from "~/components/views";
import {
  type CallDetails as Details,
  getRecordedCall,
  type RecordedBody,
  type RecordedCall,
  type RecordedMessage,
  replayCall,
} from "~/lib/api/traffic";
import { cn } from "~/lib/classes";
import { useRefusal } from "~/lib/session";
import { formatBytes, formatClock, formatDateTime, formatLatency } from "~/lib/time";
import { OutcomeMark } from "./outcome";

/** Shows all that was recorded of a call: what it carried, its messages, and the calls that were made for it. */
export function CallDetails({ call }: { call: RecordedCall }) {
  const [details, setDetails] = useState<Details | null>(null);
  const [error, setError] = useState<unknown>(null);
  const { id } = call;
  useEffect(() => {
    const controller = new AbortController();
    getRecordedCall(id, { signal: controller.signal }).then(setDetails, (problem) => {
      if (!controller.signal.aborted) setError(problem);
    });
    return () => controller.abort();
  }, [id]);
  if (error !== null) return <ErrorView error={error} />;
  if (details === null) return <SkeletonRows rows={3} label="The call is being fetched" />;
  return <RecordedCallView details={details} />;
}

/** Shows a recorded call that was fetched. */
export function RecordedCallView({ details: { call, children, messages } }: { details: Details }) {
  const { plugin, method, started_at, duration, instance, pid, parent, error } = call;
  return (
    <div className="flex flex-col gap-3 px-4 pt-1 pb-4">
      {error !== null && <p className="break-words text-bad">{error}</p>}
      <Facts className="overflow-hidden rounded-md border border-line sm:grid-cols-3! xl:grid-cols-6!">
        <Fact name="Time" title={formatClock(started_at)}>
          <span className="text-sm">{formatDateTime(started_at)}</span>
        </Fact>
        <Fact name="Took">{formatLatency(duration)}</Fact>
        <Fact name="Sent">
          {formatBytes(call.request_bytes)}
          {call.is_streaming && <span className="text-muted"> · {call.items_in} items</span>}
        </Fact>
        <Fact name="Received">
          {formatBytes(call.response_bytes)}
          {call.is_streaming && <span className="text-muted"> · {call.items_out} items</span>}
        </Fact>
        <Fact name="Process" title={instance === null ? "" : `Instance ${instance}`}>
          {instance === null ? "none was reached" : `PID ${pid ?? "–"}`}
        </Fact>
        <Fact name="Id">
          <span className="flex items-center gap-1">
            <Link
              to={addressOf(call.id)}
              className="truncate font-mono text-xs underline-offset-2 hover:underline"
              title="The address of this call"
            >
              {call.id}
            </Link>
            <CopyButton text={String(call.id)} label="Copy the id" />
          </span>
        </Fact>
      </Facts>
      <div className="grid gap-3 xl:grid-cols-2">
        <Body title="Params" body={call.params} missing={missing(call, "params")} />
        <Body title="Result" body={call.result} missing={missing(call, "result")} />
      </div>
      {messages.length > 0 && <Messages messages={messages} from={started_at} />}
      {children.length > 0 && <Children calls={children} />}
      <div className="flex flex-wrap items-start gap-2">
        <Replay call={call} />
        <Button asChild variant="ghost">
          <Link to={`/plugins/${encodeURIComponent(plugin)}/calls?method=${encodeURIComponent(method)}`}>
            <SquareArrowOutUpRight aria-hidden />
            Call the method by hand
          </Link>
        </Button>
        {parent !== null && (
          <p className="py-1 text-muted">
            Made for the call{" "}
            <Link to={addressOf(parent)} className="font-mono text-xs underline underline-offset-2">
              {parent}
            </Link>
            {call.caller !== null && ` that ${call.caller} was serving`}.
          </p>
        )}
      </div>
    </div>
  );
}

const addressOf = (id: number) => `/traffic/${id}`;

function missing({ outcome, is_streaming }: RecordedCall, what: "params" | "result"): string {
  if (what === "result" && outcome !== "ok") return "The call has no result.";
  if (is_streaming && what === "result") return "Not recorded; items of a stream are among the messages.";
  return "Not recorded. Switch on “bodies” for the plugin to see those of later calls.";
}

function Body(props: { title: string; body: RecordedBody | null | undefined; missing: string }) {
  const { title, body, missing } = props;
  return (
    <section aria-label={title} className="min-w-0 rounded-md border border-line bg-surface">
      <header className="flex h-8 items-center gap-2 border-b pr-1 pl-2.5">
        <h2 className="flex-1 text-muted text-xs">{title}</h2>
        {body && !body.whole && <Badge tone="warn">cut</Badge>}
        {body?.redacted && <Badge>without secrets</Badge>}
        {body && (
          <CopyButton
            text={() => JSON.stringify(body.value, null, 2)}
            label={`Copy the ${title.toLowerCase()}`}
          />
        )}
      </header>
      {body ? (
        <JsonView value={body.value} label={`${title} as JSON`} className="max-h-72 px-2.5 py-2" />
      ) : (
        <p className="px-2.5 py-2 text-muted">{missing}</p>
      )}
    </section>
  );
}

function Messages({ messages, from }: { messages: readonly RecordedMessage[]; from: number }) {
  const inOrder = [...messages].reverse();
  return (
    <Section title={messages.length === 1 ? "1 message" : `${messages.length} messages`}>
      <ol className="flex flex-col">
        {inOrder.map((message) => (
          <Message key={message.id} message={message} from={from} />
        ))}
      </ol>
    </Section>
  );
}

function Message({ message, from }: { message: RecordedMessage; from: number }) {
  const [open, setOpen] = useState(false);
  const { at, direction, kind, size, wire_id, body, is_error } = message;
  const out = direction === "to-plugin";
  const Icon = out ? ArrowRight : ArrowLeft;
  return (
    <li className="border-line/70 border-b last:border-b-0">
      <div className="relative flex h-8 items-center gap-3 px-2.5 hover:bg-hover">
        <span className="w-20 shrink-0 text-right text-faint text-xs tabular" title={formatDateTime(at)}>
          +{formatLatency(Math.max(0, at - from))}
        </span>
        <Icon aria-hidden className={cn("size-3.5 shrink-0", out ? "text-busy" : "text-good")} />
        <span className="w-24 shrink-0">
          <span className="sr-only">{out ? "to the plugin: " : "to the host: "}</span>
          <span className={is_error ? "text-bad" : undefined}>{is_error ? "error" : kind}</span>
        </span>
        <span className="w-20 shrink-0 text-right text-muted text-xs tabular">{formatBytes(size)}</span>
        <span className="min-w-0 flex-1 truncate font-mono text-muted text-xs">
          {body ? JSON.stringify(body.value) : wire_id === null ? "" : `id ${wire_id}`}
        </span>
        {body && (
          <button
            type="button"
            aria-expanded={open}
            aria-label={`${open ? "Hide" : "Show"} what the ${kind} carried`}
            onClick={() => setOpen(!open)}
            className="shrink-0 text-muted text-xs after:absolute after:inset-0"
          >
            {open ? "hide" : "show"}
          </button>
        )}
      </div>
      {open && body && (
        <JsonView
          value={body.value}
          label={`Body of the ${kind}`}
          className="max-h-60 bg-sunken px-2.5 py-2"
        />
      )}
    </li>
  );
}

function Children({ calls }: { calls: readonly RecordedCall[] }) {
  return (
    <Section title={calls.length === 1 ? "1 call was made for it" : `${calls.length} calls were made for it`}>
      <ul className="flex flex-col">
        {[...calls].reverse().map((child) => (
          <li
            key={child.id}
            className="flex h-8 items-center gap-3 border-line/70 border-b px-2.5 last:border-b-0"
          >
            <span className="w-20 shrink-0 text-right text-muted text-xs tabular">
              {formatLatency(child.duration)}
            </span>
            <Link
              to={addressOf(child.id)}
              className="min-w-0 truncate font-mono text-xs underline-offset-2 hover:underline"
            >
              {child.plugin} {child.method}
            </Link>
            <span className="ml-auto">
              <OutcomeMark outcome={child.outcome} error={child.error} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="rounded-md border border-line bg-surface">
      <h2 className="flex h-8 items-center border-b px-2.5 text-muted text-xs">{title}</h2>
      <div className="max-h-80 overflow-auto">{children}</div>
    </section>
  );
}

/** Says why a recorded call cannot be made again; null when it can. */
function obstacle({ direction, is_streaming, params }: RecordedCall): string | null {
  if (direction === "to-host") return "What a plugin asked of the host cannot be made again.";
  if (is_streaming) return "A streaming call cannot be made again: its items are not kept in order.";
  if (!params) return "Its params were not recorded.";
  if (!params.whole) return "Its params were cut.";
  return params.redacted ? "Secrets were taken out of its params." : null;
}

function Replay({ call }: { call: RecordedCall }) {
  const [state, setState] = useState<"idle" | "busy" | { result: unknown } | { error: unknown }>("idle");
  const refusal = useRefusal("operator");
  const why = refusal ?? obstacle(call);
  const replay = async () => {
    setState("busy");
    try {
      const { result } = await replayCall(call.id);
      setState({ result });
    } catch (error) {
      setState({ error });
    }
  };
  return (
    <>
      <Button
        disabled={why !== null || state === "busy"}
        title={why ?? `Calls ${call.method} of ${call.plugin} with the same params, for real`}
        onClick={() => void replay()}
      >
        <Repeat2 aria-hidden />
        {state === "busy" ? "Calling…" : "Make this call again"}
      </Button>
      {why !== null && <p className="py-1 text-muted">{why}</p>}
      {typeof state === "object" && (
        <div role="status" className="order-last w-full rounded-md border border-line bg-surface">
          {"error" in state ? (
            <ErrorView error={state.error} />
          ) : (
            <>
              <p className="flex h-8 items-center border-b px-2.5 text-muted text-xs">
                Result of this time; the call itself is in the list
              </p>
              <JsonView value={state.result} label="Result of this time" className="max-h-72 px-2.5 py-2" />
            </>
          )}
        </div>
      )}
    </>
  );
}
