import { FileJson } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Refusal } from "~/components/refusal";
import { Button } from "~/components/ui/button";
import { Select } from "~/components/ui/input";
import { EmptyView, ErrorView, SkeletonRows } from "~/components/views";
import {
  compareVersions,
  compareWithDocument,
  type InterfaceDiff,
  type InterfaceSnapshot,
  type InterfaceSummary,
} from "~/lib/api/interfaces";
import { useMay } from "~/lib/session";
import { Findings } from "./findings";

interface Props {
  one: InterfaceSnapshot;
  /** The other versions that the host has: earlier ones first, each time the highest first. */
  others: readonly InterfaceSummary[];
  /** The one to compare with; empty for the one before. */
  from: string;
  onFrom: (version: string) => void;
}

type Answer = { diff: InterfaceDiff } | { error: unknown } | null;

/** Compares a version with another one, or with a file that no plugin has yet, and says what that breaks. */
export function Changes({ one, others, from, onFrom }: Props) {
  const { name, version } = one;
  const [file, setFile] = useState<File | null>(null);
  const [answer, setAnswer] = useState<Answer>(null);
  const mayCompare = useMay("operator");
  const picker = useRef<HTMLInputElement>(null);
  const old = (others.find((other) => other.version === from) ?? others[0])?.version ?? null;

  useEffect(() => {
    const controller = new AbortController();
    setAnswer(null);
    const asked =
      file !== null
        ? file.text().then((text) => compareWithDocument(name, version, parse(file.name, text)))
        : old !== null
          ? compareVersions(name, old, version, { signal: controller.signal })
          : null;
    asked?.then(
      (diff) => {
        if (!controller.signal.aborted) setAnswer({ diff });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setAnswer({ error });
      },
    );
    return () => controller.abort();
  }, [name, version, old, file]);

  return (
    <div className="flex flex-col gap-3 p-4">
      <div className="flex flex-wrap items-center gap-2">
        {file === null ? (
          others.length > 0 && (
            <label className="flex items-center gap-2">
              <span>
                From{" "}
                <span className="sr-only">
                  which version to {name} {version}
                </span>
              </span>
              <Select value={old ?? ""} onChange={(event) => onFrom(event.target.value)}>
                {others.map((other) => (
                  <option key={other.version}>{other.version}</option>
                ))}
              </Select>
              <span>
                to <code className="font-mono text-xs">{version}</code>
              </span>
            </label>
          )
        ) : (
          <p>
            From <code className="font-mono text-xs">{version}</code> to{" "}
            <code className="font-mono text-xs">{file.name}</code>
          </p>
        )}
        <div className="ml-auto flex gap-2">
          {file !== null && <Button onClick={() => setFile(null)}>Compare versions of the host</Button>}
          <Refusal needed="operator" />
          <Button disabled={!mayCompare} onClick={() => picker.current?.click()}>
            <FileJson aria-hidden />
            Compare with a file
          </Button>
          <input
            ref={picker}
            type="file"
            accept=".json,application/json"
            disabled={!mayCompare}
            aria-label="Interface file to compare with"
            tabIndex={-1}
            className="sr-only"
            onChange={(event) => {
              setFile(event.target.files?.[0] ?? null);
              event.target.value = "";
            }}
          />
        </div>
      </div>
      {file === null && old === null ? (
        <EmptyView title={`${version} is the only version here`}>
          The host compares versions that its plugins have. To see what a version that you are writing would
          break, compare with its file.
        </EmptyView>
      ) : answer === null ? (
        <SkeletonRows rows={4} label="The versions are being compared" />
      ) : "error" in answer ? (
        <ErrorView error={answer.error} />
      ) : (
        <Compared diff={answer.diff} versions={[one, ...others]} />
      )}
    </div>
  );
}

interface ComparedProps {
  diff: InterfaceDiff;
  versions: readonly Pick<InterfaceSummary, "version" | "requirers">[];
}

function Compared({ diff, versions }: ComparedProps) {
  const { from, to, findings } = diff;
  const breaks = findings.some(({ severity }) => severity === "break");
  if (findings.length === 0) {
    return <EmptyView title="Nothing differs">Both versions say the same.</EmptyView>;
  }
  const users = versions.find(({ version }) => version === from)?.requirers.map(({ plugin }) => plugin) ?? [];
  return (
    <>
      <p role="status" className={breaks ? "text-bad" : "text-muted"}>
        {breaks
          ? `${to} breaks what was written for ${from}. ${concerned(users)} ${wayOut(from, to)}`
          : `${to} may take the place of ${from}: whoever was written for the old one goes on working.`}
      </p>
      <Findings findings={findings} />
    </>
  );
}

function concerned(users: readonly string[]): string {
  return users.length === 0
    ? "No plugin of this host requires the old one; programs outside may."
    : `On this host ${users.join(", ")} ${users.length === 1 ? "requires" : "require"} the old one.`;
}

function wayOut(from: string, to: string): string {
  return from.split(".")[0] === to.split(".")[0]
    ? "Under a new major version both could live beside each other."
    : "Its major version is another: both can live beside each other while callers move on.";
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is no JSON: ${(error as Error).message}`);
  }
}
