import { CircleAlert, CircleCheck, CircleX, Play } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { CopyButton } from "~/components/copy-button";
import { Line, Lines } from "~/components/facts";
import { Badge } from "~/components/ui/badge";
import { Button } from "~/components/ui/button";
import { Panel, PanelHeader } from "~/components/ui/panel";
import { VerificationBadge } from "~/components/verification-badge";
import type { Inspection } from "~/lib/api/loading";
import { cn } from "~/lib/classes";
import { formatBytes } from "~/lib/time";
import { checksOf, mayLoad, type Result } from "./checks";

const RESULTS = {
  passed: { icon: CircleCheck, tone: "text-muted", word: "passed" },
  note: { icon: CircleAlert, tone: "text-warn", word: "to know" },
  stop: { icon: CircleX, tone: "text-bad", word: "stops it" },
} as const satisfies Record<Result, unknown>;

interface Props {
  found: Inspection;
  busy: boolean;
  /** How far an upload has come, while there is one. */
  progress: ReactNode;
  onLoad: () => void;
  onAgain: () => void;
}

/** Shows what a plugin is, what was checked, and what it may do, before any of it runs. */
export function InspectionView({ found, busy, progress, onLoad, onAgain }: Props) {
  const allowed = mayLoad(found);
  return (
    <div className="flex flex-col gap-3">
      <Panel aria-label="The plugin">
        <PanelHeader
          title={
            <span className="flex items-center gap-2">
              <span className="truncate font-mono">{found.id}</span>
              <Badge>{found.version}</Badge>
              <VerificationBadge verification={found.verification} />
            </span>
          }
        />
        {found.description && <p className="px-3 pt-2.5">{found.description}</p>}
        <Lines>
          {found.archive_sha256 !== null && <Hash name="Archive" text={`sha256:${found.archive_sha256}`} />}
          {found.digest !== null && <Hash name="Files" text={found.digest} />}
          {found.folder !== null && (
            <Line name="Folder">
              <code className="break-all font-mono text-xs">{found.folder}</code>
            </Line>
          )}
        </Lines>
      </Panel>
      <div className="grid items-start gap-3 xl:grid-cols-2">
        <Checks found={found} />
        <Permissions found={found} />
      </div>
      {busy && progress}
      <div className="flex flex-wrap items-center gap-2">
        {allowed ? (
          <Button variant="primary" disabled={busy} onClick={onLoad}>
            <Play aria-hidden />
            {busy
              ? "Loading it…"
              : found.loaded_version === null
                ? `Load and run ${found.id}`
                : `Replace ${found.id} ${found.loaded_version}`}
          </Button>
        ) : (
          <p className="font-medium text-bad">The host would refuse it.</p>
        )}
        {found.loaded_version !== null && (
          <Button asChild>
            <Link to={`/plugins/${encodeURIComponent(found.id)}`}>Show the {found.id} that is loaded</Link>
          </Button>
        )}
        <Button variant="ghost" disabled={busy} onClick={onAgain}>
          Choose another
        </Button>
        {busy && (
          <p className="text-muted" role="status">
            It is built if need be, started, and asked for its hello.
          </p>
        )}
      </div>
    </div>
  );
}

function Hash({ name, text }: { name: string; text: string }) {
  return (
    <Line name={name}>
      <span className="flex items-center gap-1">
        <code className="min-w-0 truncate font-mono text-xs" title={text}>
          {text}
        </code>
        <CopyButton text={text} label={`Copy the hash: ${name.toLowerCase()}`} />
      </span>
    </Line>
  );
}

function Checks({ found }: { found: Inspection }) {
  return (
    <Panel aria-label="What was checked">
      <PanelHeader title="What was checked" />
      <ul className="flex flex-col">
        {checksOf(found).map(({ name, result, text }) => {
          const { icon: Icon, tone, word } = RESULTS[result];
          return (
            <li
              key={name}
              data-result={result}
              className="flex items-start gap-2 border-line/70 border-b px-3 py-2 last:border-b-0"
            >
              <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", tone)} />
              <div className="min-w-0">
                <p className={cn("font-medium", result === "passed" ? "text-text" : tone)}>
                  {name} <span className="sr-only">({word})</span>
                </p>
                <p className="break-words text-muted">{text}</p>
              </div>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

function Permissions({ found }: { found: Inspection }) {
  const { runs, builds, variables, provides, instances, start, memory } = found;
  const requires = { ...found.requires_interfaces, ...found.requires_plugins };
  return (
    <Panel aria-label="What it will be allowed to do">
      <PanelHeader title="What it will be allowed to do" />
      <p className="px-3 pt-2.5">
        It runs as the host's own user: it can read, write and reach over the network what that user can.
      </p>
      <Lines>
        {builds !== null && (
          <Line name="Builds first with">
            <Command words={builds} />
          </Line>
        )}
        <Line name="Runs">
          <Command words={runs} />
          <span className="text-muted">
            {" "}
            {instances === 1 ? "as one process" : `as ${instances} processes`},{" "}
            {start === "on-demand" ? "from its first call" : "at once, and with each start of the host"}
          </span>
        </Line>
        <Line name="Memory">
          {memory === null ? (
            <span className="text-muted">without a limit</span>
          ) : (
            `up to ${formatBytes(memory)} a process`
          )}
        </Line>
        <Line name="Gets variables">
          {variables.length === 0 ? (
            <span className="text-muted">only the usual ones</span>
          ) : (
            <Names names={variables} tone="warn" />
          )}
        </Line>
        <Line name="Provides">
          <Pairs pairs={provides} otherwise="what it says when it runs" />
        </Line>
        <Line name="Calls">
          <Pairs pairs={requires} otherwise="nothing that it names" />
        </Line>
      </Lines>
    </Panel>
  );
}

function Command({ words }: { words: readonly string[] }) {
  return <code className="break-words rounded-sm bg-sunken px-1 font-mono text-xs">{words.join(" ")}</code>;
}

function Names({ names, tone }: { names: readonly string[]; tone?: "warn" }) {
  return (
    <span className="flex flex-wrap gap-1">
      {names.map((name) => (
        <Badge key={name} tone={tone} className="font-mono">
          {name}
        </Badge>
      ))}
    </span>
  );
}

function Pairs({ pairs, otherwise }: { pairs: Readonly<Record<string, string>>; otherwise: string }) {
  const names = Object.entries(pairs).map(([name, version]) => `${name} ${version}`);
  return names.length === 0 ? <span className="text-muted">{otherwise}</span> : <Names names={names} />;
}
