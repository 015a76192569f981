import { EllipsisVertical, LoaderCircle, Trash2 } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { Button } from "~/components/ui/button";
import { Dialog, DialogActions } from "~/components/ui/dialog";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "~/components/ui/menu";
import { useCommands } from "~/components/use-commands";
import { explain } from "~/components/views";
import { type Command, unloadPlugin } from "~/lib/api/host";
import type { PluginSummary } from "~/lib/api/types";
import { COMMAND_TEXTS } from "~/lib/commands";
import { notify } from "~/lib/notices";
import { useMay } from "~/lib/session";
import { commandsFor } from "~/lib/status";

/** As many stand beside the heading; the rest is in the menu. */
const IN_SIGHT = 2;

interface Props {
  plugin: PluginSummary;
  losers: readonly string[];
}

/** Offers what can be done with a plugin in its state; what takes it from others asks first. */
export function PluginActions({ plugin, losers }: Props) {
  const { id } = plugin;
  const { running, run } = useCommands(id);
  const [asked, setAsked] = useState<Command | "unload" | null>(null);
  const mayOperate = useMay("operator");
  const mayUnload = useMay("admin");
  const commands = commandsFor(plugin);
  const begin = (command: Command) => {
    if (COMMAND_TEXTS[command].disrupts && losers.length > 0) setAsked(command);
    else void run(command);
  };
  // Who may only look is offered nothing that the host would refuse.
  if (!mayOperate) return null;
  return (
    <>
      {commands.slice(0, IN_SIGHT).map((command) => {
        const { label, meaning, icon } = COMMAND_TEXTS[command];
        const Icon = running === command ? LoaderCircle : icon;
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
            const { label, meaning, icon: Icon } = COMMAND_TEXTS[command];
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
          {mayUnload && (
            <>
              <MenuSeparator />
              <MenuItem danger onSelect={() => setAsked("unload")}>
                <Trash2 aria-hidden />
                Unload…
              </MenuItem>
            </>
          )}
        </MenuContent>
      </Menu>
      <Confirmation
        id={id}
        asked={asked}
        losers={losers}
        onClose={() => setAsked(null)}
        onCommand={(command) => void run(command)}
      />
    </>
  );
}

function Confirmation(props: {
  id: string;
  asked: Command | "unload" | null;
  losers: readonly string[];
  onClose: () => void;
  onCommand: (command: Command) => void;
}) {
  const { id, asked, losers, onClose, onCommand } = props;
  const navigate = useNavigate();
  const name = asked === null ? "" : asked === "unload" ? "Unload" : COMMAND_TEXTS[asked].label;
  const unload = async () => {
    // This page is about something that will be gone.
    navigate("/");
    try {
      const gone = await unloadPlugin(id, losers.length > 0);
      notify("good", gone.length === 1 ? `${id} is unloaded` : `Unloaded: ${gone.join(", ")}`);
    } catch (error) {
      const { title, detail, hint } = explain(error);
      notify("bad", `Unload ${id}: ${title}`, [detail, hint].filter(Boolean).join(" — "));
    }
  };
  const confirm = () => {
    onClose();
    if (asked === "unload") void unload();
    else if (asked !== null) onCommand(asked);
  };
  return (
    <Dialog
      open={asked !== null}
      onClose={onClose}
      title={`${name} ${id}?`}
      description={consequence(asked, losers)}
    >
      <DialogActions>
        <Button data-autofocus onClick={onClose}>
          Cancel
        </Button>
        <Button variant="danger" onClick={confirm}>
          {asked === "unload" && losers.length > 0 ? `Unload all ${losers.length + 1}` : `${name} ${id}`}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

/** Say whom it hurts, by name. */
function consequence(asked: Command | "unload" | null, losers: readonly string[]): string {
  const who =
    losers.length === 1
      ? `${losers[0]} requires it`
      : `${losers.length} plugins require it: ${losers.join(", ")}`;
  if (asked === "unload") {
    const own = "It is stopped and forgotten; its folder and its data stay.";
    return losers.length === 0
      ? own
      : `${who}. Unloading it unloads ${losers.length === 1 ? "that plugin" : "them"} first. ${own}`;
  }
  const after =
    asked === "restart" ? "They are started again after it." : "They stop, too, or go on without it.";
  return `${who}. ${losers.length === 1 ? after.replace("They are", "It is").replace("They stop", "It stops").replace("go on", "goes on") : after}`;
}
