import { Ban, Check, CircleX, type LucideIcon } from "lucide-react";
import { Fragment, useState } from "react";
import { Link } from "react-router";
import { Line, Lines } from "~/components/facts";
import { Button } from "~/components/ui/button";
import { Table, TableHead, Td, Th, Tr } from "~/components/ui/table";
import { explain } from "~/components/views";
import { type AuditFilter, type AuditPage, type AuditRecord, getAudit } from "~/lib/api/access";
import { cn } from "~/lib/classes";
import { notify } from "~/lib/notices";
import { formatDateTime } from "~/lib/time";
import { operationText } from "./operations";

const OUTCOMES = {
  done: { label: "done", icon: Check, tone: "text-muted" },
  failed: { label: "failed", icon: CircleX, tone: "text-warn" },
  refused: { label: "refused", icon: Ban, tone: "text-bad" },
} as const satisfies Record<AuditRecord["outcome"], { label: string; icon: LucideIcon; tone: string }>;

const KINDS: Record<string, string> = {
  local: "coming from the host's machine",
  token: "a token",
  session: "a session of a browser",
  signal: "a signal to the server",
  watcher: "the host itself, which has seen files change",
  nobody: "nothing",
};

/** Lists who has changed what, the newest first; older records come when they are asked for. */
export function AuditList({ first, filter }: { first: AuditPage; filter: AuditFilter }) {
  const [more, setMore] = useState<{ of: AuditPage; pages: readonly AuditPage[] }>({ of: first, pages: [] });
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState<number | null>(null);
  const pages = more.of === first ? [first, ...more.pages] : [first];
  const next = pages.at(-1)?.next ?? null;

  const loadMore = async () => {
    setBusy(true);
    try {
      const page = await getAudit(filter, next);
      setMore({ of: first, pages: [...pages.slice(1), page] });
    } catch (error) {
      const { title, detail } = explain(error);
      notify("bad", `Older records: ${title}`, detail);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Table aria-label="Audit trail" className="min-w-[680px]">
        <TableHead>
          <tr>
            <Th className="w-44">When</Th>
            <Th className="w-24 lg:w-52">Outcome</Th>
            <Th className="w-24 lg:w-36">Who</Th>
            <Th className="w-36 lg:w-48">What</Th>
            <Th>To what</Th>
            <Th className="w-36 max-lg:hidden">From</Th>
          </tr>
        </TableHead>
        <tbody>
          {pages
            .flatMap((page) => page.records)
            .map((record) => (
              <Fragment key={record.id}>
                <RecordRow
                  record={record}
                  open={open === record.id}
                  onToggle={() => setOpen((old) => (old === record.id ? null : record.id))}
                />
                {open === record.id && <Details record={record} />}
              </Fragment>
            ))}
        </tbody>
      </Table>
      {next !== null && (
        <div className="flex justify-center border-t p-2">
          <Button variant="ghost" disabled={busy} onClick={() => void loadMore()}>
            {busy ? "Fetching…" : "Older records"}
          </Button>
        </div>
      )}
    </>
  );
}

function RecordRow(props: { record: AuditRecord; open: boolean; onToggle: () => void }) {
  const { record, open, onToggle } = props;
  const { label, icon: Icon, tone } = OUTCOMES[record.outcome];
  return (
    <Tr className={cn("relative hover:bg-hover has-[button:focus-visible]:bg-selected", open && "bg-hover")}>
      <Td className="text-muted">
        <button
          type="button"
          data-row
          aria-expanded={open}
          onClick={onToggle}
          className="text-left after:absolute after:inset-0"
        >
          {formatDateTime(record.at)}
        </button>
      </Td>
      <Td className={tone}>
        <span className="inline-flex items-center gap-1.5 align-middle">
          <Icon aria-hidden className="size-3.5" />
          {label}
          {record.problem && <span className="text-muted max-lg:hidden">{record.problem}</span>}
        </span>
      </Td>
      <Td className="font-medium" title={record.caller}>
        {record.caller}
      </Td>
      <Td title={record.operation}>{operationText(record.operation)}</Td>
      <Td className="font-mono text-xs" title={record.target || record.path}>
        {record.target || <span className="text-faint">{record.path}</span>}
      </Td>
      <Td className="font-mono text-muted text-xs max-lg:hidden">{record.address}</Td>
    </Tr>
  );
}

function Details({ record }: { record: AuditRecord }) {
  const { method, path, status, problem, kind, token_id, address, request_id, call } = record;
  return (
    <tr className="border-line/70 border-b bg-hover">
      <td colSpan={5}>
        <Lines>
          <Line name="Request">
            <code className="font-mono text-xs">{method === "" ? "none" : `${method} ${path}`}</code>
          </Line>
          <Line name="Answer">
            {status !== 0
              ? status
              : method === ""
                ? "none was to be sent"
                : "the client was gone before there was one"}
            {problem && <code className="ml-2 font-mono text-bad text-xs">{problem}</code>}
          </Line>
          <Line name="Known by">
            {KINDS[kind] ?? kind}
            {token_id && (
              <>
                , token <code className="font-mono text-xs">{token_id}</code>
              </>
            )}
            {address && (
              <>
                , from <code className="font-mono text-xs">{address}</code>
              </>
            )}
          </Line>
          {call !== null && (
            <Line name="Recorded call">
              <Link to={`/traffic/${call}`} className="font-mono text-accent-text text-xs hover:underline">
                {call}
              </Link>
            </Line>
          )}
          <Line name="Request id">
            <code className="font-mono text-xs">{request_id}</code>
          </Line>
        </Lines>
      </td>
      <td className="max-lg:hidden" />
    </tr>
  );
}
