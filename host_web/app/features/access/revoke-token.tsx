import { useState } from "react";
import { Button } from "~/components/ui/button";
import { Dialog, DialogActions, DialogBody } from "~/components/ui/dialog";
import { explain } from "~/components/views";
import { revokeToken, type SessionInfo, type TokenInfo } from "~/lib/api/access";
import { notify } from "~/lib/notices";
import { useSession } from "~/lib/session";
import { formatAgo, hostNow } from "~/lib/time";

interface Props {
  token: TokenInfo | null;
  tokens: readonly TokenInfo[];
  onClose: () => void;
  onRevoked: () => void;
}

/** What the host calls the token behind a sign-in link: it ends soon, and nobody can sign in with it again. */
const LINK = "sign-in link";

/** Say what follows from revoking a token, the worst first. */
export function consequencesOf(
  token: TokenInfo,
  { tokens, session, now }: { tokens: readonly TokenInfo[]; session: SessionInfo | null; now: number },
): string[] {
  const isGood = (one: TokenInfo) => one.expires_at === null || one.expires_at > now;
  if (!isGood(token)) return ["It has ended already: nothing that works now stops working."];
  const told: string[] = [];
  const mine = session?.kind === "session" && session.name === token.name;
  if (mine) told.push("You are signed in with it: your own session ends at once.");
  const others = tokens.filter(
    (one) => one.id !== token.id && one.scope === "admin" && one.name !== LINK && isGood(one),
  );
  if (token.scope === "admin" && others.length === 0)
    told.push(
      "It is the last one for administrators: from then on only the host's machine can make a new one.",
    );
  const used =
    token.used_at === null ? "It was never used." : `It was used last ${formatAgo(token.used_at, now)}.`;
  told.push(`Programs that send it are refused from now on, and pages signed in with it end. ${used}`);
  return told;
}

/** Names the token and what follows before it is revoked. */
export function RevokeDialog({ token, tokens, onClose, onRevoked }: Props) {
  const session = useSession();
  const [busy, setBusy] = useState(false);
  const revoke = async () => {
    if (token === null) return;
    setBusy(true);
    try {
      await revokeToken(token.id);
      notify("good", `${token.name} is revoked`);
      onClose();
      onRevoked();
    } catch (error) {
      const { title, detail } = explain(error);
      notify("bad", `${token.name} is not revoked: ${title}`, detail);
    } finally {
      setBusy(false);
    }
  };
  const told = token === null ? [] : consequencesOf(token, { tokens, session, now: hostNow() });
  return (
    <Dialog open={token !== null} onClose={onClose} title={`Revoke ${token?.name ?? ""}?`}>
      <DialogBody className="flex flex-col gap-2">
        {told.map((text) => (
          <p key={text}>{text}</p>
        ))}
        <p className="text-muted">This cannot be taken back.</p>
      </DialogBody>
      <DialogActions>
        <Button data-autofocus onClick={onClose}>
          Cancel
        </Button>
        <Button variant="danger" disabled={busy} onClick={() => void revoke()}>
          Revoke {token?.name}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
