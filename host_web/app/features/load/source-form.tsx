import { FileArchive, Search, Upload } from "lucide-react";
import { type DragEvent, type FormEvent, type ReactNode, useId, useRef, useState } from "react";
import { Button } from "~/components/ui/button";
import { Input } from "~/components/ui/input";
import { Panel } from "~/components/ui/panel";
import { type Archive, readArchive, readSignature, type Source } from "~/lib/api/loading";
import { cn } from "~/lib/classes";
import { formatBytes } from "~/lib/time";

/** As large as an archive may be for the host. */
export const LARGEST_ARCHIVE = 256 * 1024 * 1024;

export const KINDS = [
  { value: "upload", label: "Upload an archive" },
  { value: "path", label: "A folder of the host" },
  { value: "url", label: "An address" },
] as const;

export type Kind = (typeof KINDS)[number]["value"];

interface Props {
  kind: Kind;
  onKind: (kind: Kind) => void;
  busy: boolean;
  /** How far an upload has come, while there is one. */
  progress: ReactNode;
  onCheck: (source: Source) => void;
}

/** Asks where the plugin is that is to be loaded. */
export function SourceForm({ kind, onKind, busy, progress, onCheck }: Props) {
  return (
    <Panel aria-label="Where it is">
      <fieldset className="flex flex-wrap gap-1 border-b px-2 py-1.5">
        <legend className="sr-only">Where the plugin is</legend>
        {KINDS.map(({ value, label }) => (
          <button
            key={value}
            type="button"
            aria-pressed={kind === value}
            onClick={() => onKind(value)}
            className={cn(
              "h-7 rounded-md px-2.5",
              kind === value ? "bg-hover font-medium text-text" : "text-muted hover:text-text",
            )}
          >
            {label}
          </button>
        ))}
      </fieldset>
      <div className="flex flex-col gap-3 p-3">
        {kind === "upload" && <UploadForm busy={busy} onCheck={onCheck} />}
        {kind === "path" && <PathForm busy={busy} onCheck={onCheck} />}
        {kind === "url" && <UrlForm busy={busy} onCheck={onCheck} />}
        {busy && progress}
      </div>
    </Panel>
  );
}

type FormProps = Pick<Props, "busy" | "onCheck">;

function UploadForm({ busy, onCheck }: FormProps) {
  const [archive, setArchive] = useState<Archive | null>(null);
  const [signature, setSignature] = useState<{ name: string; text: string } | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const faultId = useId();

  const take = async (files: Iterable<File>) => {
    setFault(null);
    for (const file of files) {
      if (file.name.endsWith(".minisig")) {
        setSignature({ name: file.name, text: await readSignature(file) });
        continue;
      }
      const read = await readArchive(file);
      if (read === null) setFault(`${file.name} is no zip, tar or tar.gz.`);
      else if (file.size > LARGEST_ARCHIVE)
        setFault(
          `${file.name} has ${formatBytes(file.size)}; the host takes ${formatBytes(LARGEST_ARCHIVE)}.`,
        );
      else setArchive(read);
    }
  };
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files);
  };
  return (
    <div className="flex flex-col gap-3">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a short cut for the button inside */}
      <div
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={dropped}
        className={cn(
          "flex flex-col items-center gap-2 rounded-md border border-dashed px-4 py-8 text-center",
          over ? "border-accent bg-selected" : "border-line-strong",
        )}
      >
        <FileArchive aria-hidden className="size-6 text-faint" />
        {archive === null ? (
          <p>Drop a zip, tar or tar.gz of the plugin's folder here, or</p>
        ) : (
          <p>
            <span className="font-medium font-mono">{archive.name}</span>{" "}
            <span className="text-muted">{formatBytes(archive.data.size)}</span>
          </p>
        )}
        <Button onClick={() => picker.current?.click()}>
          {archive === null ? "Choose a file" : "Choose another"}
        </Button>
        <input
          ref={picker}
          type="file"
          multiple
          aria-label="Archive of a plugin, and its signature"
          aria-describedby={fault === null ? undefined : faultId}
          accept=".zip,.tar,.gz,.tgz,.minisig"
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => {
            void take(event.target.files ?? []);
            event.target.value = "";
          }}
        />
        <p className="text-muted text-xs">
          {signature === null
            ? "Where there is a signature, choose its .minisig file, too."
            : `Signature: ${signature.name}`}
        </p>
      </div>
      {fault !== null && (
        <p id={faultId} role="alert" className="text-bad">
          {fault}
        </p>
      )}
      <Button
        variant="primary"
        className="self-start"
        disabled={archive === null || busy}
        onClick={() => {
          if (archive !== null) onCheck({ from: "upload", archive, signature: signature?.text ?? null });
        }}
      >
        <Upload aria-hidden />
        {busy ? "Looking at it…" : "Check it"}
      </Button>
    </div>
  );
}

function PathForm({ busy, onCheck }: FormProps) {
  const [path, setPath] = useState("");
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onCheck({ from: "path", path: path.trim() });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <div className="flex flex-col gap-1">
        <label htmlFor={id} className="font-medium">
          Folder
        </label>
        <Input
          id={id}
          required
          autoComplete="off"
          spellCheck={false}
          placeholder="/srv/plugins/kv-python"
          value={path}
          onChange={(event) => setPath(event.target.value)}
          className="w-full font-mono"
        />
        <p className="text-muted">
          On the host's machine: the folder that has the{" "}
          <code className="font-mono text-xs">plugin.toml</code>. A relative one starts where the host was
          started.
        </p>
      </div>
      <CheckButton busy={busy} disabled={path.trim() === ""} />
    </form>
  );
}

function UrlForm({ busy, onCheck }: FormProps) {
  const [url, setUrl] = useState("");
  const [sha256, setSha256] = useState("");
  const urlId = useId();
  const hashId = useId();
  const hashFault = sha256.trim() !== "" && !/^[0-9a-f]{64}$/i.test(sha256.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onCheck({ from: "url", url: url.trim(), sha256: sha256.trim() });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <div className="flex flex-col gap-1">
        <label htmlFor={urlId} className="font-medium">
          Address of an archive
        </label>
        <Input
          id={urlId}
          required
          type="url"
          spellCheck={false}
          placeholder="https://example.com/plugins/kv-python-1.4.0.tar.gz"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
          className="w-full font-mono"
        />
        <p className="text-muted">
          The host fetches it, from those addresses only that{" "}
          <code className="font-mono text-xs">sources.allow</code> of its configuration names.
        </p>
      </div>
      <div className="flex flex-col gap-1">
        <label htmlFor={hashId} className="font-medium">
          SHA-256 <span className="font-normal text-muted">(optional)</span>
        </label>
        <Input
          id={hashId}
          spellCheck={false}
          autoComplete="off"
          value={sha256}
          aria-invalid={hashFault || undefined}
          aria-describedby={`${hashId}-text`}
          onChange={(event) => setSha256(event.target.value)}
          className="w-full font-mono"
        />
        <p id={`${hashId}-text`} className={hashFault ? "text-bad" : "text-muted"}>
          {hashFault ? "64 hexadecimal digits." : "What is fetched is refused unless it has this hash."}
        </p>
      </div>
      <CheckButton busy={busy} disabled={url.trim() === "" || hashFault} />
    </form>
  );
}

function CheckButton({ busy, disabled }: { busy: boolean; disabled: boolean }) {
  return (
    <Button type="submit" variant="primary" className="self-start" disabled={disabled || busy}>
      <Search aria-hidden />
      {busy ? "Looking at it…" : "Check it"}
    </Button>
  );
}
