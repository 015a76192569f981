import { signOut } from "~/lib/api/access";
import { notify } from "~/lib/notices";
import { explain } from "./views";

/** End the session and forget everything that was shown: the sign-in page begins with an empty memory. */
export async function leave(): Promise<void> {
  try {
    await signOut();
    window.location.assign("/sign-in");
  } catch (error) {
    const { title, detail } = explain(error);
    notify("bad", `Not signed out: ${title}`, detail);
  }
}
