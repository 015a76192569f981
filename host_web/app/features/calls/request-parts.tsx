import { Checkbox, Textarea } from "~/components/ui/input";
import { cn } from "~/lib/classes";

/** Asks whether a method streams that nothing describes. */
export function StreamChoice(props: {
  sends: boolean;
  takes: boolean;
  onSends: (sends: boolean) => void;
  onTakes: (takes: boolean) => void;
}) {
  const { sends, takes, onSends, onTakes } = props;
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 max-w-prose text-muted">
        Nothing describes this method: its parameters are written as JSON, and you say whether it streams. One
        that does waits until somebody takes its items.
      </legend>
      <label className="flex items-center gap-1.5">
        <Checkbox checked={sends} onChange={(event) => onSends(event.target.checked)} />
        it sends a stream
      </label>
      <label className="flex items-center gap-1.5">
        <Checkbox checked={takes} onChange={(event) => onTakes(event.target.checked)} />
        it takes a stream
      </label>
    </fieldset>
  );
}

/** Chooses between the form of a method and its parameters as text. */
export function FormOrJson(props: { json: boolean; disabled: boolean; onChange: (json: boolean) => void }) {
  const { json, disabled, onChange } = props;
  return (
    <fieldset className="flex self-start rounded-md border border-line p-0.5">
      <legend className="sr-only">How to write the parameters</legend>
      {[false, true].map((one) => (
        <button
          key={String(one)}
          type="button"
          aria-pressed={json === one}
          disabled={disabled}
          onClick={() => onChange(one)}
          className={cn(
            "h-6 rounded-sm px-2 text-xs",
            json === one ? "bg-hover font-medium text-text" : "text-muted hover:text-text",
          )}
        >
          {one ? "JSON" : "Form"}
        </button>
      ))}
    </fieldset>
  );
}

/** Takes parameters as text. */
export function ParamsText(props: { text: string; fault: string | null; onChange: (text: string) => void }) {
  const { text, fault, onChange } = props;
  return (
    <div className="flex flex-col gap-1">
      <Textarea
        aria-label="Parameters as JSON"
        value={text}
        spellCheck={false}
        rows={Math.min(24, Math.max(6, text.split("\n").length))}
        aria-invalid={fault === null ? undefined : true}
        onChange={(event) => onChange(event.target.value)}
        className="w-full resize-y font-mono text-xs"
      />
      {fault !== null && <p className="text-bad text-xs">{fault}</p>}
    </div>
  );
}

/** Takes the items of a stream as lines. */
export function ItemsToSend(props: {
  text: string;
  fault: string | null;
  example: string;
  keepOpen: boolean;
  onChange: (text: string) => void;
  onKeepOpen: (keepOpen: boolean) => void;
}) {
  const { text, fault, example, keepOpen, onChange, onKeepOpen } = props;
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor="call-items" className="font-medium">
        Items to send, one JSON value a line
      </label>
      <Textarea
        id="call-items"
        value={text}
        spellCheck={false}
        rows={4}
        placeholder={example}
        aria-invalid={fault === null ? undefined : true}
        onChange={(event) => onChange(event.target.value)}
        className="w-full resize-y font-mono text-xs"
      />
      {fault !== null && <p className="text-bad text-xs">{fault}</p>}
      <label className="flex items-center gap-1.5 text-muted">
        <Checkbox checked={keepOpen} onChange={(event) => onKeepOpen(event.target.checked)} />
        keep the stream open, to send more while it runs
      </label>
    </div>
  );
}
