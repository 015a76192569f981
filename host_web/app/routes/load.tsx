import { useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import { PageHeader, PageTitle } from "~/components/page";
import { Button } from "~/components/ui/button";
import { EmptyView, ErrorView } from "~/components/views";
import { InspectionView } from "~/features/load/inspection-view";
import { KINDS, type Kind, SourceForm } from "~/features/load/source-form";
import { type Inspection, inspectPlugin, loadPlugin, type Source } from "~/lib/api/loading";
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
  const checking = useRef<AbortController | null>(null);
  const navigate = useNavigate();
  const mayLoad = useMay("admin");

  const check = async (source: Source) => {
    checking.current?.abort();
    const controller = new AbortController();
    checking.current = controller;
    setStep({ name: "checking" });
    try {
      setStep({ name: "checked", source, found: await inspectPlugin(source, controller.signal) });
    } catch (error) {
      if (!controller.signal.aborted) setStep({ name: "failed", error, found: null });
    }
  };
  const load = async (source: Source, found: Inspection) => {
    setStep({ name: "loading", source, found });
    try {
      const replaces = found.loaded_version !== null;
      const plugin = await loadPlugin(source, replaces);
      notify("good", `${plugin.id} ${plugin.version} ${replaces ? "has taken over" : "is loaded and runs"}`);
      navigate(`/plugins/${encodeURIComponent(plugin.id)}`);
    } catch (error) {
      setStep({ name: "failed", error, found });
    }
  };
  const restart = () => {
    checking.current?.abort();
    setStep({ name: "choose" });
  };

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
            onLoad={() => void load(step.source, step.found)}
            onAgain={restart}
          />
        ) : (
          <>
            <SourceForm
              kind={kind}
              busy={step.name === "checking"}
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
