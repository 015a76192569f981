import { X } from "lucide-react";
import { type ComponentProps, type ReactNode, useEffect, useId, useRef } from "react";
import { cn } from "~/lib/classes";
import { Button } from "./button";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  className?: string;
  children?: ReactNode;
}

/**
 * Is the browser's own modal dialog: it holds the focus, makes the page behind inert, closes with Escape and gives the
 * focus back, without a style element, which the content security policy would refuse.
 */
export function Dialog({ open, onClose, title, description, className, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const textId = useId();

  useEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    if (open && !element.open) {
      element.showModal();
      // The browser would begin with the button that closes it.
      element.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    }
    if (!open && element.open) element.close();
  }, [open]);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it; the click is for the ground around it
    <dialog
      ref={dialog}
      data-slot="dialog"
      aria-labelledby={titleId}
      aria-describedby={description ? textId : undefined}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
      className={cn(
        "m-auto mt-[12vh] w-full max-w-lg rounded-lg border border-line bg-raised p-0 text-text shadow-raised backdrop:bg-black/40",
        className,
      )}
    >
      {open && (
        <div className="flex max-h-[76vh] flex-col">
          <header className="flex items-start gap-3 px-4 pt-3 pb-2">
            <div className="min-w-0 flex-1">
              <h2 id={titleId} className="font-semibold text-base">
                {title}
              </h2>
              {description && (
                <div id={textId} className="mt-1 text-muted">
                  {description}
                </div>
              )}
            </div>
            <Button variant="ghost" size="iconSmall" aria-label="Close" onClick={onClose}>
              <X aria-hidden />
            </Button>
          </header>
          {children}
        </div>
      )}
    </dialog>
  );
}

export function DialogBody({ className, ...props }: ComponentProps<"div">) {
  return (
    <div data-slot="dialog-body" className={cn("min-h-0 overflow-auto px-4 py-2", className)} {...props} />
  );
}

export function DialogActions({ className, ...props }: ComponentProps<"footer">) {
  return (
    <footer
      data-slot="dialog-actions"
      className={cn("flex justify-end gap-2 px-4 pt-2 pb-4", className)}
      {...props}
    />
  );
}
