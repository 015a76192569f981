import { useState } from "react";
import { useRevalidator } from "react-router";
import { type Command, commandPlugin } from "~/lib/api/host";
import { COMMAND_TEXTS } from "~/lib/commands";
import { notify } from "~/lib/notices";
import { explain } from "./views";

/** Carries commands out, says what came of them, and has the page ask the host again. */
export function useCommands(id: string): {
  running: Command | null;
  run: (command: Command) => Promise<void>;
} {
  const [running, setRunning] = useState<Command | null>(null);
  const { revalidate } = useRevalidator();
  const run = async (command: Command) => {
    setRunning(command);
    try {
      await commandPlugin(id, command);
      notify("good", `${id} ${COMMAND_TEXTS[command].done}`);
    } catch (error) {
      const { title, detail, hint } = explain(error);
      notify(
        "bad",
        `${COMMAND_TEXTS[command].label} ${id}: ${title}`,
        [detail, hint].filter(Boolean).join(" — "),
      );
    } finally {
      setRunning(null);
      void revalidate();
    }
  };
  return { running, run };
}
