import { Check, Copy } from "lucide-react";
import { type ComponentProps, useEffect, useState } from "react";
import { copyText } from "~/lib/clipboard";
import { notify } from "~/lib/notices";
import { Button } from "./ui/button";

const SHOWN_MS = 1500;

/** Puts a text on the clipboard and says so for a moment. */
export function CopyButton({
  text,
  label,
  children,
  ...props
}: { text: string | (() => string); label: string } & Omit<ComponentProps<typeof Button>, "onClick">) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? Check : Copy;
  return (
    <Button
      variant="ghost"
      size={children ? "small" : "iconSmall"}
      aria-label={copied ? "Copied" : label}
      title={label}
      onClick={async () => {
        const done = await copyText(typeof text === "string" ? text : text());
        setCopied(done);
        if (!done) notify("bad", "The browser did not let the console copy", "select the text and copy it");
      }}
      {...props}
    >
      <Icon aria-hidden />
      {children}
    </Button>
  );
}
