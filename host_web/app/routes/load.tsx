import { useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import { PageHeader, PageTitle } from "~/components/page";
import { Button } from "~/components/ui/button";
import { EmptyView, ErrorView } from "~/components/views";
import { InspectionView } from "~/features/load/inspection-view";
import { KINDS, type Kind, SourceForm } from "~/features/load/source-form";
import { UploadProgress } from "~/features/load/upload-progress";
import { type Inspection, inspectPlugin, loadPlugin, type Source } from "~/lib/api/loading";
import type { Sent } from "~/lib/api/upload";
import { selectPlugins, useLive } from "~/lib/live/live";
import { notify } from "~/lib/notices";
import { useMay } from "~/lib/session";
import { useSearchParam } from "~/lib/use-search-param";

type Step =
  | { name: "choose" }
  | { name: "checking" }
  | { name: "checked"; source: Source; found: Inspection }
  | { name: "loading"; source: Source; found: Inspection }
  | { name: "failed"; error: unknown; found: Inspection | null };

export default function LoadRoute() {
  const [from, setFrom] = useSearchParam("from");
  const kind: Kind = KINDS.find((one) => one.value === from)?.value ?? "upload";
  const [step, setStep] = useState<Step>({ name: "choose" });
  const [sent, setSent] = useState<Sent | null>(null);
  const going = useRef<AbortController | null>(null);
  const navigate = useNavigate();
  const mayLoad = useMay("admin");

  const begin = () => {
    going.current?.abort();
    going.current = new AbortController();
    setSent(null);
    return going.current;
  };
  const check = async (source: Source) => {
    const { signal } = begin();
    setStep({ name: "checking" });
    try {
      const found = await inspectPlugin(source, { signal, onProgress: setSent });
      setStep({ name: "checked", source, found });
    } catch (error) {
      setStep(signal.aborted ? { name: "choose" } : { name: "failed", error, found: null });
    }
  };
  const load = async (source: Source, found: Inspection) => {
    const { signal } = begin();
    setStep({ name: "loading", source, found });
    try {
      const replace = found.loaded_version !== null;
      const plugin = await loadPlugin(source, { signal, onProgress: setSent, replace });
      notify("good", `${plugin.id} ${plugin.version} ${replace ? "has taken over" : "is loaded and runs"}`);
      navigate(`/plugins/${encodeURIComponent(plugin.id)}`);
    } catch (error) {
      setStep(signal.aborted ? { name: "checked", source, found } : { name: "failed", error, found });
    }
  };
  const cancel = () => going.current?.abort();
  const restart = () => {
    cancel();
    setStep({ name: "choose" });
  };

  const progress = <UploadProgress sent={sent} onCancel={cancel} />;
  return (
    <>
      <PageTitle>Load a plugin</PageTitle>
      <PageHeader
        title="Load a plugin"
        below={
          <p className="text-muted">
            First you see what is in it and what it may do. Nothing of it runs before you say so.
          </p>
        }
      />
      <div className="flex max-w-5xl flex-col gap-3 px-4 pb-6">
        {!mayLoad ? (
          <EmptyView title="You may not load plugins">
            Loading runs a program on the host's machine, which needs the scope admin.
          </EmptyView>
        ) : step.name === "checked" || step.name === "loading" ? (
          <InspectionView
            found={step.found}
            busy={step.name === "loading"}
            progress={progress}
            onLoad={() => void load(step.source, step.found)}
            onAgain={restart}
          />
        ) : (
          <>
            <SourceForm
              kind={kind}
              busy={step.name === "checking"}
              progress={progress}
              onKind={(value) => {
                restart();
                setFrom(value === "upload" ? "" : value);
              }}
              onCheck={(source) => void check(source)}
            />
            {step.name === "failed" && (
              <div className="rounded-lg border border-line bg-surface">
                <ErrorView error={step.error}>
                  <Remains id={step.found?.id ?? null} />
                </ErrorView>
              </div>
            )}
          </>
        )}
      </div>
    </>
  );
}

/** Leads to a plugin that was loaded and did not start: it is in the list, with its log. */
function Remains({ id }: { id: string | null }) {
  const plugins = useLive(selectPlugins);
  if (id === null || !plugins.has(id)) return null;
  return (
    <Button asChild className="mt-1">
      <Link to={`/plugins/${encodeURIComponent(id)}`}>Show {id} and why it does not run</Link>
    </Button>
  );
}
