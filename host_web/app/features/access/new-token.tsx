import { CircleAlert } from "lucide-react";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { CopyButton } from "~/components/copy-button";
import { Button } from "~/components/ui/button";
import { Choice } from "~/components/ui/choice";
import { Dialog, DialogActions, DialogBody } from "~/components/ui/dialog";
import { Input, Select, Textarea } from "~/components/ui/input";
import { explain } from "~/components/views";
import { createToken, type NewToken, type Scope } from "~/lib/api/access";
import { ProblemError } from "~/lib/api/client";
import { SCOPE_TEXTS, SCOPES } from "~/lib/session";
import { formatDateTime } from "~/lib/time";

const DAY = 86_400;
const LIFETIMES = [
  { label: "one day", seconds: DAY },
  { label: "a week", seconds: 7 * DAY },
  { label: "30 days", seconds: 30 * DAY },
  { label: "90 days", seconds: 90 * DAY },
  { label: "a year", seconds: 365 * DAY },
  { label: "never", seconds: null },
] as const;
const USUAL = 3;

interface Props {
  open: boolean;
  onClose: () => void;
  onMade: () => void;
}

/** Makes a token, and shows its text this once. */
export function NewTokenDialog({ open, onClose, onMade }: Props) {
  const [made, setMade] = useState<NewToken | null>(null);
  useEffect(() => {
    if (!open) setMade(null);
  }, [open]);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={made === null ? "New access token" : `The token ${made.name}`}
      description={
        made === null ? undefined : "Copy it now: the host keeps only a digest and cannot show it again."
      }
    >
      {made === null ? (
        <TokenForm
          onClose={onClose}
          onMade={(token) => {
            setMade(token);
            onMade();
          }}
        />
      ) : (
        <MadeToken token={made} onClose={onClose} />
      )}
    </Dialog>
  );
}

function TokenForm({ onClose, onMade }: { onClose: () => void; onMade: (token: NewToken) => void }) {
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Scope>("viewer");
  const [lifetime, setLifetime] = useState(USUAL);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const nameId = useId();
  const faultId = useId();
  const endsId = useId();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      onMade(await createToken({ name, scope, expires_in: LIFETIMES[lifetime]?.seconds ?? null }));
    } catch (error) {
      setFault(faultOf(error));
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="contents">
      <DialogBody className="flex flex-col gap-4">
        <div className="flex flex-col gap-1">
          <label htmlFor={nameId} className="font-medium">
            Name
          </label>
          <Input
            data-autofocus
            id={nameId}
            required
            maxLength={64}
            autoComplete="off"
            spellCheck={false}
            placeholder="ci, anna, dashboard"
            value={name}
            aria-invalid={fault === null ? undefined : true}
            aria-describedby={faultId}
            onChange={(event) => setName(event.target.value)}
          />
          <p id={faultId} className={fault === null ? "text-muted" : "text-bad"}>
            {fault ?? "Who or what uses it; the audit trail shows this name."}
          </p>
        </div>
        <Choice
          legend="Scope"
          value={scope}
          onChange={setScope}
          options={SCOPES.map((one) => ({ value: one, label: one, text: SCOPE_TEXTS[one] }))}
        />
        <div className="flex flex-col gap-1">
          <label htmlFor={endsId} className="font-medium">
            Ends after
          </label>
          <Select
            id={endsId}
            value={lifetime}
            onChange={(event) => setLifetime(Number(event.target.value))}
            className="self-start"
          >
            {LIFETIMES.map(({ label }, index) => (
              <option key={label} value={index}>
                {label}
              </option>
            ))}
          </Select>
        </div>
      </DialogBody>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={busy || name.trim() === ""}>
          {busy ? "Making it…" : "Make the token"}
        </Button>
      </DialogActions>
    </form>
  );
}

function faultOf(error: unknown): string {
  if (error instanceof ProblemError) {
    const { errors } = error.problem;
    if (errors?.some(({ pointer }) => pointer.endsWith("/name")))
      return "Up to 64 letters, digits and ._@+:/- with single blanks in between.";
  }
  const { detail, hint } = explain(error);
  return hint ? `${detail} (${hint})` : detail;
}

function MadeToken({ token, onClose }: { token: NewToken; onClose: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.select(), []);
  return (
    <>
      <DialogBody className="flex flex-col gap-3">
        <div className="flex items-start gap-2">
          <Textarea
            ref={field}
            readOnly
            rows={2}
            aria-label="The token"
            value={token.token}
            onFocus={(event) => event.target.select()}
            className="flex-1 resize-none break-all font-mono text-xs!"
          />
          <CopyButton text={token.token} label="Copy the token" variant="primary" size="medium">
            Copy
          </CopyButton>
        </div>
        <p className="flex items-start gap-2 text-muted">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
          <span>
            Whoever has it is {token.scope} here: it {SCOPE_TEXTS[token.scope]}
            {token.expires_at === null ? ", without an end." : `, until ${formatDateTime(token.expires_at)}.`}
          </span>
        </p>
      </DialogBody>
      <DialogActions>
        <Button onClick={onClose}>Done</Button>
      </DialogActions>
    </>
  );
}
