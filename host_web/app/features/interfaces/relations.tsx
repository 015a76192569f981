import { Link } from "react-router";
import { Prose } from "~/components/prose";
import { StatusMark } from "~/components/status";
import { Badge } from "~/components/ui/badge";
import { Panel, PanelHeader } from "~/components/ui/panel";
import type { InterfaceSnapshot } from "~/lib/api/interfaces";

const ITEM = "flex min-h-8 items-center gap-2 border-line/70 border-b px-3 py-1 last:border-b-0";

/** Shows which plugins have an interface. */
export function Providers({ providers }: Pick<InterfaceSnapshot, "providers">) {
  return (
    <Panel aria-label="Provided by">
      <PanelHeader title="Provided by" />
      <ul>
        {providers.map(({ plugin, state, differs }) => (
          <li key={plugin} className={ITEM}>
            <PluginLink id={plugin} />
            {differs && (
              <Badge tone="warn" title="Under the same name and version it describes something else">
                differs
              </Badge>
            )}
            <StatusMark state={state} className="ml-auto" />
          </li>
        ))}
        {providers.length === 0 && <li className={`${ITEM} text-muted`}>Nobody.</li>}
      </ul>
    </Panel>
  );
}

/** Shows which plugins need an interface in this version, and whom they were given. */
export function Requirers({ requirers, version }: Pick<InterfaceSnapshot, "requirers" | "version">) {
  return (
    <Panel aria-label="Required by">
      <PanelHeader title="Required by" />
      <ul>
        {requirers.map(({ plugin, range, optional, provider, version: given }) => (
          <li key={plugin} className={ITEM}>
            <PluginLink id={plugin} />
            <code className="font-mono text-muted text-xs">{range}</code>
            {optional && <Badge>optional</Badge>}
            <span className="ml-auto truncate text-muted">
              {provider === null ? (
                <span className={optional ? undefined : "text-warn"}>nobody serves it</span>
              ) : (
                `from ${provider}${given !== null && given !== version ? `, in ${given}` : ""}`
              )}
            </span>
          </li>
        ))}
        {requirers.length === 0 && <li className={`${ITEM} text-muted`}>No plugin of this host.</li>}
      </ul>
    </Panel>
  );
}

/** Shows the errors that an interface names. */
export function Errors({ errors }: Pick<InterfaceSnapshot, "errors">) {
  const all = Object.values(errors);
  if (all.length === 0) return null;
  return (
    <Panel aria-label="Errors">
      <PanelHeader title="Errors" />
      <ul>
        {all.map(({ name, code, description, retryable }) => (
          <li key={name} className="border-line/70 border-b px-3 py-1.5 last:border-b-0">
            <p className="flex flex-wrap items-center gap-2">
              <code className="font-medium font-mono text-xs">{name}</code>
              <code className="font-mono text-faint text-xs">{code}</code>
              {retryable && <Badge>may succeed later</Badge>}
            </p>
            {description && (
              <p className="text-muted">
                <Prose text={description} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function PluginLink({ id }: { id: string }) {
  return (
    <Link
      to={`/plugins/${encodeURIComponent(id)}`}
      className="min-w-0 truncate font-mono text-xs underline-offset-2 hover:underline"
    >
      {id}
    </Link>
  );
}
