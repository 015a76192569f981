import { Download, Square } from "lucide-react";
import { Suspense, useLayoutEffect, useRef, useState } from "react";
import { CopyButton } from "~/components/copy-button";
import { JsonView, shortenBytes } from "~/components/json-view";
import { Badge } from "~/components/ui/badge";
import { Button } from "~/components/ui/button";
import { Input } from "~/components/ui/input";
import { Kbd } from "~/components/ui/kbd";
import { EmptyView } from "~/components/views";
import type { Method, ProblemBody } from "~/lib/api/types";
import type { Progress } from "~/lib/live/calls";
import { lazyPart } from "~/lib/preload";
import { formatBytes, formatDuration, formatNumber, useNow } from "~/lib/time";
import "./markdown.css";
import { type Preview, pageOf, previewsOf } from "./previews";
import { type CallState, SHOWN_ITEMS } from "./use-call";

const Markdown = lazyPart(() => import("markdown-to-jsx"));

interface Props {
  state: CallState | null;
  method: Method | undefined;
  onStop: () => void;
  onSend: (item: unknown) => void;
  onFinish: () => void;
}

/** Shows what came of a call, from its first item on. */
export function OutcomeView({ state, method, onStop, onSend, onFinish }: Props) {
  if (state === null) {
    return (
      <EmptyView title="No call yet">
        The result appears here, each item of a stream as it comes. <Kbd>Ctrl</Kbd> <Kbd>Enter</Kbd> in the
        form makes the call.
      </EmptyView>
    );
  }
  const { outcome, duration, items, itemCount, progress } = state;
  return (
    <div className="flex min-w-0 flex-col gap-3 p-3">
      <div className="flex min-h-7 flex-wrap items-center gap-2" role="status">
        {outcome === null ? (
          <Badge tone="busy">running</Badge>
        ) : wasStopped(outcome) ? (
          <Badge tone="off">stopped</Badge>
        ) : "problem" in outcome ? (
          <Badge tone="bad">failed</Badge>
        ) : (
          <Badge tone="good">done</Badge>
        )}
        <span className="text-muted tabular">
          {duration === null ? <Running since={state.startedAt} /> : formatDuration(duration)}
          {itemCount > 0 && ` · ${formatNumber(itemCount)} ${itemCount === 1 ? "item" : "items"}`}
        </span>
        {outcome === null && (
          <Button size="small" variant="danger" onClick={onStop} className="ml-auto">
            <Square aria-hidden />
            Stop
          </Button>
        )}
      </div>
      {progress !== null && outcome === null && <ProgressBar progress={progress} />}
      {outcome === null && state.takesItems && <ItemSender onSend={onSend} onFinish={onFinish} />}
      {itemCount > 0 && <Items items={items} count={itemCount} />}
      {outcome !== null && "result" in outcome && <ResultView result={outcome.result} method={method} />}
      {outcome !== null && "problem" in outcome && !wasStopped(outcome) && (
        <ProblemView problem={outcome.problem} />
      )}
    </div>
  );
}

/** Say whether a call ended because somebody here wanted that. */
export function wasStopped(outcome: CallState["outcome"]): boolean {
  return outcome !== null && "problem" in outcome && outcome.problem.code === "call-cancelled";
}

function Running({ since }: { since: number }) {
  const now = useNow();
  return <>{formatDuration(Math.max(0, Math.floor(now - since)))}</>;
}

function ProgressBar({ progress: { progress, total, message } }: { progress: Progress }) {
  const known = typeof total === "number" && total > 0;
  return (
    <div className="flex flex-col gap-1">
      <progress
        aria-label="Progress of the call"
        className="h-1.5 w-full overflow-hidden rounded-full [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
        value={known ? progress : undefined}
        max={known ? total : undefined}
      />
      <p className="text-muted tabular">
        {formatNumber(progress)}
        {known && ` of ${formatNumber(total)}`}
        {message && ` · ${message}`}
      </p>
    </div>
  );
}

function ItemSender({ onSend, onFinish }: Pick<Props, "onSend" | "onFinish">) {
  const [text, setText] = useState("");
  const [fault, setFault] = useState("");
  const send = () => {
    try {
      onSend(JSON.parse(text));
      setText("");
      setFault("");
    } catch (error) {
      setFault(`no JSON: ${(error as Error).message}`);
    }
  };
  return (
    <form
      className="flex flex-wrap gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Input
        aria-label="Next item, as JSON"
        placeholder='next item, as JSON: {"key": "a"}'
        value={text}
        aria-invalid={fault === "" ? undefined : true}
        onChange={(event) => setText(event.target.value)}
        className="min-w-40 flex-1 font-mono text-xs"
      />
      <Button type="submit" disabled={text.trim() === ""}>
        Send
      </Button>
      <Button onClick={onFinish}>No more</Button>
      {fault !== "" && <p className="w-full text-bad text-xs">{fault}</p>}
    </form>
  );
}

/** So near to its end a list goes on with what comes. */
const NEAR_PX = 40;

function Items({ items, count }: { items: readonly unknown[]; count: number }) {
  const list = useRef<HTMLOListElement>(null);
  const follows = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each item makes the list longer
  useLayoutEffect(() => {
    if (follows.current) list.current?.scrollTo(0, list.current.scrollHeight);
  }, [items.length]);
  return (
    <section aria-label="Items">
      <h3 className="mb-1 flex items-center gap-2 text-muted text-xs">
        Items
        {count > SHOWN_ITEMS && ` · the first ${formatNumber(SHOWN_ITEMS)} of ${formatNumber(count)}`}
        <CopyButton
          text={() => items.map((item) => JSON.stringify(item)).join("\n")}
          label="Copy the items, one a line"
        />
      </h3>
      <ol
        ref={list}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
        }}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with keys
        tabIndex={0}
        aria-label="Items"
        className="max-h-80 overflow-auto rounded-md border border-line bg-surface font-mono text-xs"
      >
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: items are only added
          <li key={index} className="flex gap-3 border-line/70 border-b px-2 py-0.5 last:border-b-0">
            <span className="w-8 shrink-0 text-right text-faint tabular">{index + 1}</span>
            <span className="min-w-0 break-words">{JSON.stringify(item, shortenBytes)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function ResultView({ result, method }: { result: unknown; method: Method | undefined }) {
  const previews = previewsOf(result, method?.result ?? null);
  return (
    <>
      {previews.map((preview) => (
        <PreviewView key={preview.name} preview={preview} />
      ))}
      <section aria-label="Result">
        <h3 className="mb-1 flex items-center gap-2 text-muted text-xs">
          Result
          <CopyButton text={() => JSON.stringify(result, null, 2)} label="Copy the result" />
        </h3>
        <JsonView
          value={result}
          label="Result as JSON"
          className="max-h-[60vh] rounded-md border border-line bg-surface p-2"
        />
      </section>
    </>
  );
}

function PreviewView({ preview }: { preview: Preview }) {
  return (
    <section aria-label={`Preview of ${preview.name}`}>
      <h3 className="mb-1 text-muted text-xs">
        <code className="font-mono">{preview.name}</code>, as it looks
      </h3>
      <PreviewBody preview={preview} />
    </section>
  );
}

function PreviewBody({ preview }: { preview: Preview }) {
  switch (preview.kind) {
    case "html":
      return (
        <iframe
          title={`${preview.name} as a page, without scripts`}
          // Its own origin lets it have our style sheet; without scripts it can do nothing with that.
          sandbox="allow-same-origin"
          srcDoc={pageOf(preview.text, document.documentElement.dataset["theme"] ?? "light")}
          className="h-56 w-full resize-y rounded-md border border-line bg-surface"
        />
      );
    case "markdown":
      return (
        <div className="markdown max-h-80 overflow-auto rounded-md border border-line bg-surface p-3">
          <Suspense fallback={preview.text}>
            <Markdown options={{ disableParsingRawHTML: true }}>{preview.text}</Markdown>
          </Suspense>
        </div>
      );
    case "image":
      return (
        <img
          src={preview.address}
          alt={preview.name}
          className="max-h-80 max-w-full rounded-md border border-line bg-sunken object-contain"
        />
      );
    case "bytes":
      return (
        <Button asChild>
          <a href={`data:application/octet-stream;base64,${preview.base64}`} download={preview.name}>
            <Download aria-hidden />
            {preview.name}, {formatBytes(preview.size)}
          </a>
        </Button>
      );
  }
}

function ProblemView({ problem }: { problem: ProblemBody }) {
  const { title, detail, code, location, hint, errors, error } = problem;
  return (
    <section
      aria-label="Problem"
      className="flex flex-col gap-2 rounded-md border border-bad/40 bg-bad-ground/60 p-3"
    >
      <p className="font-medium">
        {error?.name ?? title} <code className="ml-1 font-mono font-normal text-muted text-xs">{code}</code>
      </p>
      <p className="break-words">{detail}</p>
      {location && <p className="break-words font-mono text-muted text-xs">{location}</p>}
      {errors && errors.length > 0 && (
        <ul className="list-disc pl-5">
          {errors.map((one) => (
            <li key={`${one.pointer} ${one.detail}`}>
              <code className="font-mono text-xs">{one.pointer || "/"}</code> {one.detail}
            </li>
          ))}
        </ul>
      )}
      {hint && (
        <p className="text-muted">
          <span className="font-medium">What to do: </span>
          {hint}
        </p>
      )}
      {error?.data != null && <JsonView value={error.data} label="Data of the error" className="max-h-48" />}
      {error && (
        <p className="text-muted text-xs">
          {error.status_name},{" "}
          {error.retryable ? "may work when tried again" : "will not work when tried again"}
        </p>
      )}
    </section>
  );
}
