import { CircleAlert, LogIn, RotateCw, Unplug } from "lucide-react";
import type { ReactNode } from "react";
import { ProblemError, UnreachableError } from "~/lib/api/client";
import { signInAddress } from "~/lib/session";
import { withCapital } from "~/lib/status";
import { CopyButton } from "./copy-button";
import { Prose } from "./prose";
import { Button } from "./ui/button";

/** Says of an empty view what belongs here, why nothing is there, and the one command that fills it. */
export function EmptyView({
  title,
  children,
  command,
  action,
}: {
  title: string;
  children?: ReactNode;
  command?: string;
  action?: ReactNode;
}) {
  return (
    <div data-slot="empty" className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <p className="font-medium text-base">{title}</p>
      {children && <div className="max-w-md text-muted">{children}</div>}
      {command && (
        <div className="mt-1 flex max-w-full items-center gap-1 rounded-md border border-line bg-sunken py-1 pr-1 pl-2.5">
          <code className="overflow-x-auto whitespace-nowrap font-mono text-xs">{command}</code>
          <CopyButton text={command} label="Copy the command" />
        </div>
      )}
      {action}
    </div>
  );
}

/** What an error says to the person who meets it. */
export interface ErrorText {
  title: string;
  detail: string;
  code?: string;
  hint?: string;
  location?: string;
}

/** Take an error apart: what failed, its code, and what to do. */
export function explain(error: unknown): ErrorText {
  if (error instanceof ProblemError) {
    const { title, detail, code, hint, location } = error.problem;
    return { title, detail, code, ...(hint ? { hint } : {}), ...(location ? { location } : {}) };
  }
  if (error instanceof UnreachableError) {
    return {
      title: "The host does not answer",
      detail: "It may have been stopped, or the connection to it is broken.",
      code: "unreachable",
      hint: "see whether `polyhost serve` still runs; the console goes on by itself when it is back",
    };
  }
  return {
    title: "The console has a fault",
    detail: error instanceof Error ? error.message : String(error),
    code: "console-fault",
    hint: "reload the page; when it comes again, please report it",
  };
}

/** Says what failed, whose fault it is and what to do, and lets the person try again; the shell around it lives on. */
export function ErrorView({
  error,
  onRetry,
  children,
}: {
  error: unknown;
  onRetry?: () => void;
  children?: ReactNode;
}) {
  const { title, detail, code, hint, location } = explain(error);
  const Icon = error instanceof UnreachableError ? Unplug : CircleAlert;
  return (
    <div role="alert" data-slot="error" className="flex flex-col items-start gap-2 px-4 py-6">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1 font-medium text-base">
        <Icon aria-hidden className="size-4 text-bad" />
        {title}
        {code && (
          <code className="rounded-sm bg-sunken px-1.5 font-mono font-normal text-muted text-xs">{code}</code>
        )}
      </p>
      <p className="max-w-prose whitespace-pre-wrap break-words">{withCapital(detail)}</p>
      {location && <p className="font-mono text-muted text-xs">{location}</p>}
      {hint && (
        <p className="max-w-prose text-muted">
          <span className="font-medium">What to do: </span>
          <Prose text={hint} />
        </p>
      )}
      {children}
      {code === "sign-in-needed" && (
        <Button asChild variant="primary" className="mt-1">
          <a href={signInAddress(window.location)}>
            <LogIn aria-hidden />
            Sign in
          </a>
        </Button>
      )}
      {onRetry && code !== "sign-in-needed" && (
        <Button onClick={onRetry} className="mt-1">
          <RotateCw aria-hidden />
          Try again
        </Button>
      )}
    </div>
  );
}

/** Holds the place of rows that are being fetched; seen only when that takes long enough to be noticed. */
export function SkeletonRows({ rows = 6, label }: { rows?: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-px p-3">
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike and never move
        <div key={index} className="flex h-8 items-center gap-4">
          <div className="skeleton h-3 w-24" />
          <div className="skeleton h-3 flex-1" />
          <div className="skeleton h-3 w-16" />
        </div>
      ))}
    </div>
  );
}
