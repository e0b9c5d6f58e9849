// Where a server keeps what must outlive it, if the configuration does not say.
import { homedir } from "node:os";
import { join } from "node:path";

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The folder that systemd has made for this service; else that of the system for root, and that of
 * the user for anybody else.
 * @param home the user's home
 */
export function usualStateFolder(
  variables: Variables = process.env,
  uid: number = process.getuid?.() ?? 0,
  home: () => string = homedir,
): string {
  const [ofService = ""] = (variables["STATE_DIRECTORY"] ?? "").split(":");
  if (ofService.startsWith("/")) return ofService;
  if (uid === 0) return "/var/lib/pounce";
  const named = variables["XDG_STATE_HOME"] ?? "";
  return join(named.startsWith("/") ? named : join(home(), ".local/state"), "pounce");
}
