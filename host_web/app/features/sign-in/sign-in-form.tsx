import { CircleAlert, Clock, LogIn } from "lucide-react";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { CopyButton } from "~/components/copy-button";
import { Button } from "~/components/ui/button";
import { Input } from "~/components/ui/input";
import { explain } from "~/components/views";
import { signIn } from "~/lib/api/access";
import { ProblemError } from "~/lib/api/client";

const COMMAND = "polyhost token create NAME --scope admin";

/** What went wrong with an attempt; `until` is when the next one is taken, in milliseconds since 1970. */
interface Refusal {
  title: string;
  text: string;
  until: number | null;
}

function refusalOf(error: unknown, byLink: boolean): Refusal {
  if (error instanceof ProblemError && error.code === "attempts-exceeded") {
    return {
      title: "Too many wrong tokens",
      text: "From this address no further one is looked at for a while. That keeps guessing slow.",
      until: Date.now() + 1000 * (error.retryAfter ?? 60),
    };
  }
  if (error instanceof ProblemError && error.code === "token-invalid") {
    return byLink
      ? {
          title: "This link is no longer good",
          text: "A sign-in link works once and within an hour. Sign in with a token, or start the host anew for another link.",
          until: null,
        }
      : {
          title: "This token is not good",
          text: "It is not one of this host, has expired or was revoked.",
          until: null,
        };
  }
  const { title, detail } = explain(error);
  return { title, text: detail, until: null };
}

/** Lets a person in with a token, or at once with the code of a link. */
export function SignInForm({ code, onSignedIn }: { code: string | null; onSignedIn: () => void }) {
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(code !== null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const tried = useRef(false);
  const inputId = useId();
  const refusalId = useId();
  const wait = useSecondsUntil(refusal?.until ?? null);

  const attempt = async (secret: string, byLink: boolean) => {
    setBusy(true);
    setRefusal(null);
    try {
      await signIn(secret);
      onSignedIn();
    } catch (error) {
      setRefusal(refusalOf(error, byLink));
      setBusy(false);
      input.current?.focus();
      input.current?.select();
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: a code is good once
  useEffect(() => {
    if (code === null || tried.current) return;
    tried.current = true;
    void attempt(code, true);
  }, [code]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() !== "" && !busy && wait === 0) void attempt(token, false);
  };
  const Icon = refusal?.until ? Clock : CircleAlert;
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      {refusal !== null && (
        <div
          role="alert"
          id={refusalId}
          className="flex items-start gap-2 rounded-md bg-bad-ground px-3 py-2 text-text"
        >
          <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
          <div className="min-w-0">
            <p className="font-medium text-bad">{refusal.title}</p>
            <p>{refusal.text}</p>
          </div>
        </div>
      )}
      <div className="flex flex-col gap-1">
        <label htmlFor={inputId} className="font-medium">
          Access token
        </label>
        <Input
          ref={input}
          id={inputId}
          type="password"
          name="token"
          autoFocus
          autoComplete="current-password"
          spellCheck={false}
          placeholder="polyhost_…"
          aria-invalid={refusal !== null && refusal.until === null ? true : undefined}
          aria-describedby={refusal === null ? undefined : refusalId}
          value={token}
          onChange={(event) => setToken(event.target.value)}
          className="h-9! w-full font-mono"
        />
      </div>
      <Button
        type="submit"
        variant="primary"
        className="h-9!"
        disabled={busy || wait > 0 || token.trim() === ""}
      >
        <LogIn aria-hidden />
        <span className="tabular" aria-live="off">
          {busy ? "Signing in…" : wait > 0 ? `Wait ${wait} s` : "Sign in"}
        </span>
      </Button>
      <div className="border-t pt-3 text-muted">
        <p>No token? Whoever has access to the host's machine can make one:</p>
        <div className="mt-1.5 flex items-center gap-1 rounded-md border border-line bg-sunken py-1 pr-1 pl-2.5">
          <code className="min-w-0 flex-1 overflow-x-auto whitespace-nowrap font-mono text-text text-xs">
            {COMMAND}
          </code>
          <CopyButton text={COMMAND} label="Copy the command" />
        </div>
      </div>
    </form>
  );
}

/** Count the whole seconds down to a time; 0 when it has come or there is none. */
function useSecondsUntil(until: number | null): number {
  const left = () => (until === null ? 0 : Math.max(0, Math.ceil((until - Date.now()) / 1000)));
  const [, setTick] = useState(0);
  useEffect(() => {
    if (until === null) return;
    const timer = setInterval(() => {
      setTick((tick) => tick + 1);
      if (Date.now() >= until) clearInterval(timer);
    }, 500);
    return () => clearInterval(timer);
  }, [until]);
  return left();
}
