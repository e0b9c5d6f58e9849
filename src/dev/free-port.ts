// The port of a dev server. The one that a configuration names, or the usual one, may be taken by
// another server of the same app: then the next free one is used, as by other dev servers. One that
// was asked for by a flag or a variable is meant.
import { type LoadInput, loadConfig } from "../config/load.ts";
import { addressProblem } from "../master/plan/address-in-use.ts";
import { resolveHosts } from "../net/hosts.ts";

const MOST_TRIED = 50;
/** What `addressProblem` says of an address that another process has. */
const IN_USE = "is in use";
/** A port of the file, or none: whatever else sets it was said for this one server. */
const SAYS_PORT = /^(--port|POUNCE_PORT|PORT)$/;

interface FreePort {
  readonly input: LoadInput;
  /** Why it is another port; undefined: it is not, or will be refused. */
  readonly note: string | undefined;
}

/** The input with a port that is free, as far as that can be had. */
export async function withFreePort(input: LoadInput): Promise<FreePort> {
  const same: FreePort = { input, note: undefined };
  const loaded = loadConfig(input);
  if (!loaded.ok || SAYS_PORT.test(loaded.settings.get("port")?.place ?? "")) return same;
  const { port, host } = loaded.config;
  const hosts = await resolveHosts(host);
  if (port === 0 || !hosts.ok) return same;
  const problemOf = (tried: number) =>
    addressProblem(
      hosts.hosts.map((it) => ({ host: it, port: tried })),
      undefined,
    );
  const problem = await problemOf(port);
  if (problem?.includes(IN_USE) !== true) return same;
  for (let tried = port + 1; tried <= Math.min(port + MOST_TRIED, 65_535); tried++) {
    if ((await problemOf(tried)) !== undefined) continue;
    const flags = { ...input.flags, port: String(tried) };
    const why = problem.slice(problem.indexOf(IN_USE));
    const note = `Port ${port} ${why}: listening on port ${tried}`;
    return { input: { ...input, flags }, note };
  }
  return same;
}
