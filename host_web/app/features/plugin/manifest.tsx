import { CopyButton } from "~/components/copy-button";
import { JsonView } from "~/components/json-view";
import { Panel, PanelHeader } from "~/components/ui/panel";
import { EmptyView } from "~/components/views";
import type { ManifestText } from "~/lib/api/types";
import { useSearchParam } from "~/lib/use-search-param";

/** Shows the manifest as it is written, and what the host makes of it. */
export function ManifestView({ manifest }: { manifest: ManifestText }) {
  const [line] = useSearchParam("line");
  const lines = (manifest.text ?? "").replace(/\n$/, "").split("\n");
  return (
    <div className="grid items-start gap-3 p-4 xl:grid-cols-2">
      <Panel aria-labelledby="manifest-file">
        <PanelHeader id="manifest-file" title={<span className="font-mono text-xs">{manifest.file}</span>}>
          <CopyButton text={manifest.file} label="Copy the path" />
        </PanelHeader>
        {manifest.text === null ? (
          <EmptyView title="The file cannot be read" />
        ) : (
          <section
            aria-label="The manifest as it is written"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with keys
            tabIndex={0}
            className="overflow-x-auto py-2"
          >
            <pre className="font-mono text-xs leading-5">
              {lines.map((text, index) => (
                <span
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
                  key={index}
                  id={`line-${index + 1}`}
                  className={line === String(index + 1) ? "flex bg-selected" : "flex"}
                >
                  <span className="w-11 shrink-0 select-none pr-3 text-right text-faint">{index + 1}</span>
                  <Toml text={text} />
                </span>
              ))}
            </pre>
          </section>
        )}
      </Panel>
      <Panel aria-labelledby="manifest-effective">
        <PanelHeader id="manifest-effective" title="What the host makes of it" />
        {manifest.effective === null ? (
          <EmptyView title="The host refused it">
            Its reason is in the summary; the line to mend is named there.
          </EmptyView>
        ) : (
          <JsonView
            value={manifest.effective}
            label="What the host makes of it"
            className="max-h-[70vh] p-3"
          />
        )}
      </Panel>
    </div>
  );
}

/** Colours one line of TOML: tables, keys and comments are enough to find one's way. */
function Toml({ text }: { text: string }) {
  const table = /^\s*\[.*\]\s*(?:#.*)?$/.test(text);
  if (table) return <span className="font-semibold text-text">{text}</span>;
  const found = /^(\s*[\w."'-]+\s*)(=.*?)(\s#[^"']*)?$/.exec(text);
  if (found === null)
    return <span className={text.trimStart().startsWith("#") ? "text-faint" : ""}>{text || " "}</span>;
  return (
    <span>
      <span className="text-busy">{found[1]}</span>
      {found[2]}
      <span className="text-faint">{found[3]}</span>
    </span>
  );
}
