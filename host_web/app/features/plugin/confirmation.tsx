import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { Button } from "~/components/ui/button";
import { Dialog, DialogActions, DialogBody } from "~/components/ui/dialog";
import { explain } from "~/components/views";
import { type Command, getDependents, unloadPlugin } from "~/lib/api/host";
import { COMMAND_TEXTS } from "~/lib/commands";
import { notify } from "~/lib/notices";
import { consequenceOf } from "./consequence";

interface Props {
  id: string;
  /** What is to be done if the person says so; null for nothing. */
  asked: Command | "unload" | null;
  onClose: () => void;
  onCommand: (command: Command) => void;
}

type Dependents = readonly string[] | { error: unknown } | null;

/** Asks before something takes a plugin away from others: it names them, in the order in which they stop. */
export function Confirmation({ id, asked, onClose, onCommand }: Props) {
  const navigate = useNavigate();
  const dependents = useDependents(id, asked !== null);
  const known = isKnown(dependents) ? dependents : null;
  const unload = async () => {
    // This page is about something that will be gone.
    navigate("/");
    try {
      const gone = await unloadPlugin(id, known !== null && known.length > 0);
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
  const name = asked === null ? "" : asked === "unload" ? "Unload" : COMMAND_TEXTS[asked].label;
  return (
    <Dialog
      open={asked !== null}
      onClose={onClose}
      title={`${name} ${id}?`}
      description={
        dependents === null
          ? "The host is asked who could not run without it…"
          : known === null
            ? `Who requires it is not known: ${explain((dependents as { error: unknown }).error).detail}`
            : consequenceOf(asked, known)
      }
    >
      {known !== null && known.length > 0 && (
        <DialogBody>
          <ol aria-label="In this order" className="list-decimal pl-6 font-mono text-xs leading-6">
            {[...known, id].map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ol>
        </DialogBody>
      )}
      <DialogActions>
        <Button data-autofocus onClick={onClose}>
          Cancel
        </Button>
        <Button variant="danger" disabled={known === null} onClick={confirm}>
          {asked === "unload" && known !== null && known.length > 0
            ? `Unload all ${known.length + 1}`
            : `${name} ${id}`}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

const isKnown = (dependents: Dependents): dependents is readonly string[] => Array.isArray(dependents);

/** Ask the host anew each time that somebody is asked: what was true a minute ago may be no more. */
function useDependents(id: string, wanted: boolean): Dependents {
  const [dependents, setDependents] = useState<Dependents>(null);
  useEffect(() => {
    setDependents(null);
    if (!wanted) return;
    const controller = new AbortController();
    getDependents(id, { signal: controller.signal }).then(setDependents, (error: unknown) => {
      if (!controller.signal.aborted) setDependents({ error });
    });
    return () => controller.abort();
  }, [id, wanted]);
  return dependents;
}
