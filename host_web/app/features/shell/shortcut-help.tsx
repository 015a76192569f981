import { Dialog, DialogBody } from "~/components/ui/dialog";
import { Kbd } from "~/components/ui/kbd";
import { SHORTCUT_HELP } from "~/lib/keyboard";
import { PAGES } from "./pages";

/** Lists the keys; keys of pages that this host does not have are left out. */
export default function ShortcutHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const known = new Set(PAGES.map((page) => page.shortcut));
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard">
      <DialogBody className="grid gap-x-8 gap-y-4 pb-5 sm:grid-cols-2">
        {SHORTCUT_HELP.map((group) => (
          <section key={group.title} aria-label={group.title}>
            <h3 className="mb-1.5 text-faint text-xs">{group.title}</h3>
            <dl className="flex flex-col gap-1.5">
              {group.keys
                .filter(([keys]) => !keys.startsWith("g ") || known.has(keys))
                .map(([keys, what]) => (
                  <div key={keys} className="flex items-center gap-3">
                    <dt className="order-2 flex gap-1">
                      {keys.split(" ").map((key) => (
                        <Kbd key={key}>{key}</Kbd>
                      ))}
                    </dt>
                    <dd className="flex-1">{what}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </DialogBody>
    </Dialog>
  );
}
