import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Ago } from "~/components/time";
import { Badge } from "~/components/ui/badge";
import { Button } from "~/components/ui/button";
import { Panel } from "~/components/ui/panel";
import { Table, TableHead, Td, Th, Tr } from "~/components/ui/table";
import { EmptyView } from "~/components/views";
import type { TokenInfo } from "~/lib/api/access";
import { cn } from "~/lib/classes";
import { SCOPE_TEXTS } from "~/lib/session";
import { formatDateTime, formatDuration, useNow } from "~/lib/time";
import { NewTokenDialog } from "./new-token";
import { RevokeDialog } from "./revoke-token";

/** A token that ends within this is worth a look. */
const SOON_SECONDS = 7 * 86_400;

/** Lists the access tokens and lets an administrator make and revoke them. */
export function TokenList({ tokens, onChange }: { tokens: readonly TokenInfo[]; onChange: () => void }) {
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<TokenInfo | null>(null);
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 px-4 py-3">
        <p className="min-w-0 flex-1 text-muted">
          People sign in with them; programs send them as{" "}
          <code className="font-mono text-xs">Authorization: Bearer</code>. The host keeps only a digest of
          each.
        </p>
        <Button variant="primary" onClick={() => setMaking(true)}>
          <Plus aria-hidden />
          New token
        </Button>
      </div>
      <div className="px-4 pb-6">
        <Panel aria-label="Access tokens" className="overflow-x-auto">
          {tokens.length === 0 ? (
            <EmptyView title="No tokens yet" command="polyhost token create ci --scope operator">
              Whoever comes from another machine than the host's needs one, and so does every program that is
              to be told apart in the audit trail.
            </EmptyView>
          ) : (
            <Table aria-label="Access tokens" className="min-w-[640px]">
              <TableHead>
                <tr>
                  <Th>Name</Th>
                  <Th className="w-28">Scope</Th>
                  <Th className="w-40 max-lg:hidden">Made</Th>
                  <Th className="w-36">Last used</Th>
                  <Th className="w-36">Ends</Th>
                  <Th className="w-28">
                    <span className="sr-only">What can be done</span>
                  </Th>
                </tr>
              </TableHead>
              <tbody>
                {tokens.map((token) => (
                  <TokenRow key={token.id} token={token} onRevoke={() => setRevoking(token)} />
                ))}
              </tbody>
            </Table>
          )}
        </Panel>
      </div>
      <NewTokenDialog open={making} onClose={() => setMaking(false)} onMade={onChange} />
      <RevokeDialog token={revoking} tokens={tokens} onClose={() => setRevoking(null)} onRevoked={onChange} />
    </>
  );
}

function TokenRow({ token, onRevoke }: { token: TokenInfo; onRevoke: () => void }) {
  const { id, name, scope, created_at, created_by, used_at, expires_at } = token;
  return (
    <Tr className="hover:bg-hover">
      <Td className="font-medium" title={`${name} (id ${id})`}>
        {name}
      </Td>
      <Td title={SCOPE_TEXTS[scope]}>
        <Badge>{scope}</Badge>
      </Td>
      <Td className="text-muted max-lg:hidden" title={`${formatDateTime(created_at)} by ${created_by}`}>
        <Ago at={created_at} /> by {created_by}
      </Td>
      <Td className="text-muted">
        {used_at === null ? <span className="text-faint">never</span> : <Ago at={used_at} />}
      </Td>
      <Td>
        <Ends at={expires_at} />
      </Td>
      <Td className="text-right">
        <Button
          size="small"
          variant="ghost"
          data-row
          aria-label={`Revoke ${name}`}
          onClick={onRevoke}
          className="hover:text-bad!"
        >
          <Trash2 aria-hidden />
          Revoke
        </Button>
      </Td>
    </Tr>
  );
}

function Ends({ at }: { at: number | null }) {
  const now = useNow();
  if (at === null) return <span className="text-muted">never</span>;
  const left = at - now;
  if (left <= 0) return <span className="text-faint">has ended</span>;
  return (
    <time
      dateTime={new Date(at * 1000).toISOString()}
      title={formatDateTime(at)}
      className={cn("tabular", left < SOON_SECONDS ? "text-warn" : "text-muted")}
    >
      in {formatDuration(left)}
    </time>
  );
}
