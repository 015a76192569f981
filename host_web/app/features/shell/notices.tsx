import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Button } from "~/components/ui/button";
import { dismiss, useNotices } from "~/lib/notices";

/** Is the page's one polite status region: what came of what the person did. */
export function Notices() {
  const notices = useNotices();
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 z-50 flex w-96 max-w-[calc(100vw-2rem)] flex-col gap-2"
    >
      {notices.map(({ id, tone, text, detail }) => (
        <div
          key={id}
          data-tone={tone}
          className="pointer-events-auto flex items-start gap-2 rounded-md border border-line bg-raised py-2 pr-1.5 pl-3 shadow-raised"
        >
          {tone === "good" ? (
            <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
          ) : (
            <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
          )}
          <div className="min-w-0 flex-1">
            <p className="break-words font-medium">{text}</p>
            {detail && <p className="break-words text-muted">{detail}</p>}
          </div>
          <Button variant="ghost" size="iconSmall" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <X aria-hidden />
          </Button>
        </div>
      ))}
    </div>
  );
}
