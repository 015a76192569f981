/** What the operations of the audit trail are called for people; one that is not here is shown as it is. */
const TEXTS: Record<string, string> = {
  signIn: "signed in",
  signOut: "signed out",
  createToken: "made a token",
  revokeToken: "revoked a token",
  loadPlugin: "loaded a plugin",
  uploadPlugin: "uploaded a plugin",
  unloadPlugin: "unloaded",
  startPlugin: "started",
  stopPlugin: "stopped",
  restartPlugin: "restarted",
  reloadPlugin: "reloaded",
  enablePlugin: "enabled",
  disablePlugin: "disabled",
  resetPlugin: "reset",
  configurePlugin: "configured",
  changeTrafficSettings: "changed what is recorded",
  callPlugin: "called a method",
  cancelCall: "cancelled a call",
  replayCall: "repeated a call",
  reloadHost: "read the host's configuration anew",
  openLive: "opened the live stream",
};

export const AUDIT_OPERATIONS: readonly string[] = Object.keys(TEXTS);

/** Say what an operation of the API did, in the past. */
export function operationText(operation: string): string {
  return TEXTS[operation] ?? (operation === "" ? "was refused at the door" : operation);
}
