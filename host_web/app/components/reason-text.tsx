import type { Reason } from "~/lib/api/types";
import { reasonText } from "~/lib/reason";
import { useNow } from "~/lib/time";

/** Says why a state is what it is; what is left of a pause counts down in place. */
export function ReasonText({ reason }: { reason: Reason }) {
  return reason.until === null ? reason.text : <CountingDown reason={reason} />;
}

function CountingDown({ reason }: { reason: Reason }) {
  const now = useNow();
  return <span className="tabular">{reasonText(reason, now)}</span>;
}
