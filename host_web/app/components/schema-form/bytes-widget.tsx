import type { WidgetProps } from "@rjsf/utils";
import { FileUp, X } from "lucide-react";
import { useRef, useState } from "react";
import { formatBytes } from "~/lib/time";
import { Button } from "../ui/button";
import { base64Of, markBytes } from "./schema";

/** Files are sent as part of one message; the host's own limit is that of a frame. */
const MAX_FILE = 4 * 1024 * 1024;

export function BytesWidget({ id, value, onChange, label, schema }: WidgetProps) {
  const base64 = base64Of(value);
  const input = useRef<HTMLInputElement>(null);
  const [tooLarge, setTooLarge] = useState<number | null>(null);
  const most = Math.min(MAX_FILE, typeof schema["maxBytes"] === "number" ? schema["maxBytes"] : MAX_FILE);
  const size =
    Math.floor((base64.length * 3) / 4) - (base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0);
  const read = async (file: File | undefined) => {
    if (file === undefined) return;
    setTooLarge(file.size > most ? file.size : null);
    if (file.size > most) return onChange(undefined);
    const bytes = new Uint8Array(await file.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 0x8000)
      text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    onChange(markBytes(btoa(text)));
  };
  return (
    <div className="flex flex-wrap items-center gap-2">
      <label className="relative inline-flex h-7 cursor-pointer items-center gap-1.5 rounded-md border border-line bg-surface px-2.5 font-medium hover:bg-hover has-focus-visible:outline-2 has-focus-visible:outline-ring">
        <FileUp aria-hidden className="size-3.5" />
        {value === undefined ? "Choose a file" : "Choose another file"}
        <input
          ref={input}
          id={id}
          type="file"
          aria-label={label}
          aria-describedby={schema.description ? `${id}__description` : undefined}
          className="absolute inset-0 cursor-pointer opacity-0"
          onChange={(event) => void read(event.target.files?.[0])}
        />
      </label>
      {value !== undefined && (
        <>
          <span className="text-muted tabular">{formatBytes(size)}</span>
          <Button
            variant="ghost"
            size="iconSmall"
            aria-label={`Remove the file of ${label}`}
            onClick={() => {
              onChange(undefined);
              input.current?.focus();
            }}
          >
            <X aria-hidden />
          </Button>
        </>
      )}
      <span role="status" className={tooLarge === null ? "text-faint text-xs" : "text-bad text-xs"}>
        {tooLarge !== null && `The file has ${formatBytes(tooLarge)}: `}at most {formatBytes(most)}
      </span>
    </div>
  );
}
