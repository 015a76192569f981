import { Copy, Play } from "lucide-react";
import { Button } from "~/components/ui/button";
import { Input } from "~/components/ui/input";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "~/components/ui/menu";
import { notify } from "~/lib/notices";
import { asCli, asCurl, asPython, type CallToCopy } from "./copy";

interface Props {
  ready: boolean;
  onCall: () => void;
  /** Seconds, as they are written; empty for what the method or the host says. */
  timeout: string;
  usualTimeoutMs: number | null;
  onTimeout: (timeout: string) => void;
  toCopy: CallToCopy;
}

/** Stays below what a call carries: makes the call, or copies it for somewhere else. */
export function CallBar({ ready, onCall, timeout, usualTimeoutMs, onTimeout, toCopy }: Props) {
  const copy = (what: string, made: string) => {
    navigator.clipboard.writeText(made).then(
      () => notify("good", `Copied as ${what}`),
      () => notify("bad", "The browser did not let the console copy"),
    );
  };
  return (
    <div className="sticky bottom-0 z-10 -mx-3 -mb-3 flex flex-wrap items-center gap-2 border-t bg-canvas px-3 py-2">
      <Button variant="primary" disabled={!ready} onClick={onCall} title="Ctrl Enter">
        <Play aria-hidden />
        Call
      </Button>
      <label className="flex items-center gap-1.5 text-muted">
        within
        <Input
          type="number"
          min={0.001}
          max={3600}
          step="any"
          value={timeout}
          placeholder={usualTimeoutMs === null ? "30" : String(usualTimeoutMs / 1000)}
          onChange={(event) => onTimeout(event.target.value)}
          className="w-20 tabular"
        />
        s
      </label>
      <Menu>
        <MenuTrigger asChild>
          <Button variant="ghost" className="ml-auto">
            <Copy aria-hidden />
            Copy as
          </Button>
        </MenuTrigger>
        <MenuContent>
          <MenuItem onSelect={() => copy("curl", asCurl(toCopy))}>curl</MenuItem>
          <MenuItem onSelect={() => copy("a command", asCli(toCopy))}>polyhost call</MenuItem>
          <MenuItem onSelect={() => copy("Python", asPython(toCopy))}>Python</MenuItem>
        </MenuContent>
      </Menu>
    </div>
  );
}
