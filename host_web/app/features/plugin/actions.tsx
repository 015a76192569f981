import {
  Ban,
  CirclePlay,
  CircleStop,
  EllipsisVertical,
  Eraser,
  LoaderCircle,
  type LucideIcon,
  Power,
  RefreshCw,
  RotateCcw,
  Trash2,
} from "lucide-react";
import { useState } from "react";
import { Refusal } from "~/components/refusal";
import { Button } from "~/components/ui/button";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "~/components/ui/menu";
import { useCommands } from "~/components/use-commands";
import type { Command } from "~/lib/api/host";
import type { PluginSummary } from "~/lib/api/types";
import { COMMAND_TEXTS } from "~/lib/commands";
import { useMay, useRefusal } from "~/lib/session";
import { commandsFor } from "~/lib/status";
import { Confirmation } from "./confirmation";

/** As many stand beside the heading; the rest is in the menu. */
const IN_SIGHT = 2;

const ICONS: Record<Command, LucideIcon> = {
  start: CirclePlay,
  stop: CircleStop,
  restart: RotateCcw,
  reload: RefreshCw,
  enable: Power,
  disable: Ban,
  reset: Eraser,
};

interface Props {
  plugin: PluginSummary;
  /** Those who lose something when it goes. */
  losers: readonly string[];
}

/** Offers what can be done with a plugin in its state; what takes it from others asks first. */
export function PluginActions({ plugin, losers }: Props) {
  const { id } = plugin;
  const { running, run } = useCommands(id);
  const [asked, setAsked] = useState<Command | "unload" | null>(null);
  const mayOperate = useMay("operator");
  const refusedUnload = useRefusal("admin");
  const commands = commandsFor(plugin);
  const begin = (command: Command) => {
    if (COMMAND_TEXTS[command].disrupts && losers.length > 0) setAsked(command);
    else void run(command);
  };
  // Who may only look is offered nothing that the host would refuse, and told why.
  if (!mayOperate) return <Refusal needed="operator" className="min-h-7" />;
  return (
    <>
      {commands.slice(0, IN_SIGHT).map((command) => {
        const { label, meaning } = COMMAND_TEXTS[command];
        const Icon = running === command ? LoaderCircle : ICONS[command];
        return (
          <Button key={command} title={meaning} disabled={running !== null} onClick={() => begin(command)}>
            <Icon aria-hidden className={running === command ? "animate-spin" : undefined} />
            {label}
          </Button>
        );
      })}
      <Menu>
        <MenuTrigger asChild>
          <Button variant="ghost" size="icon" aria-label={`More for ${id}`}>
            <EllipsisVertical aria-hidden />
          </Button>
        </MenuTrigger>
        <MenuContent>
          {commands.slice(IN_SIGHT).map((command) => {
            const { label, meaning } = COMMAND_TEXTS[command];
            const Icon = ICONS[command];
            return (
              <MenuItem
                key={command}
                title={meaning}
                disabled={running !== null}
                onSelect={() => begin(command)}
              >
                <Icon aria-hidden />
                {label}
              </MenuItem>
            );
          })}
          <MenuSeparator />
          <MenuItem
            danger
            disabled={refusedUnload !== null}
            title={refusedUnload ?? undefined}
            onSelect={() => setAsked("unload")}
          >
            <Trash2 aria-hidden />
            Unload…
          </MenuItem>
          {refusedUnload !== null && <Refusal needed="admin" className="max-w-52 px-2 py-1 text-xs" />}
        </MenuContent>
      </Menu>
      <Confirmation
        id={id}
        asked={asked}
        onClose={() => setAsked(null)}
        onCommand={(command) => void run(command)}
      />
    </>
  );
}
