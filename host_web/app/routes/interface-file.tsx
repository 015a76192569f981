import { Download } from "lucide-react";
import { useOutletContext } from "react-router";
import { CopyButton } from "~/components/copy-button";
import { JsonView } from "~/components/json-view";
import { Button } from "~/components/ui/button";
import { Panel, PanelHeader } from "~/components/ui/panel";
import { EmptyView } from "~/components/views";
import { saveAs } from "~/lib/download";
import type { InterfaceContext } from "./interface";

export default function InterfaceFileRoute() {
  const { one } = useOutletContext<InterfaceContext>();
  const { document, name, version, source } = one;
  if (document === null) {
    return (
      <EmptyView title="There is no interface file">
        Nothing describes {name} {version}: only a manifest or a hello names it.
      </EmptyView>
    );
  }
  const text = () => `${JSON.stringify(document, null, 2)}\n`;
  const file = `${name}.v${version.split(".")[0]}.json`;
  return (
    <div className="p-4">
      <Panel aria-label="Interface file">
        <PanelHeader title={<span className="font-mono font-normal text-xs">{source || file}</span>}>
          <CopyButton text={text} label="Copy the interface file">
            Copy
          </CopyButton>
          <Button
            size="small"
            variant="ghost"
            onClick={() => saveAs(file, new Blob([text()], { type: "application/json" }))}
          >
            <Download aria-hidden />
            Download
          </Button>
        </PanelHeader>
        <JsonView value={document} label="Interface file as JSON" className="px-3 py-2.5" />
      </Panel>
    </div>
  );
}
