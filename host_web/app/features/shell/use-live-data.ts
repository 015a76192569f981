import { useEffect } from "react";
import { follow, useLive } from "~/lib/live/live";
import { useRevalidateOn } from "~/lib/revalidation";

/** Keep the live picture alive, and have the loaders ask again when the stream does not tell the whole story. */
export function useLiveData(): void {
  useEffect(() => follow(), []);
  useRevalidateOn(useLive((snapshot) => snapshot.state.epoch));
}
