// The control socket as a file: made for its owner alone, a stale one replaced, a live one left alone.
import { chmodSync, renameSync, rmSync, statSync } from "node:fs";
import { ask } from "./client.ts";
import { serveFew, type SmallServer } from "./small-server.ts";

/** A control socket that answers. */
export interface ControlSocket {
  /** Closes it and removes the file, unless another server has put its own there. */
  close(): Promise<void>;
}

export type ListenResult =
  | { readonly ok: true; readonly socket: ControlSocket }
  | { readonly ok: false; readonly reason: string };

/** How long the end of the server waits for answers to be read. Some commands wait for longer. */
const ANSWER_MS = 100;

type Fetch = (request: Request) => Response | Promise<Response>;

/**
 * Listens on `path`, mode 0600.
 *
 * @param replaces whoever listens there leaves the path to us
 */
export async function listenOn(
  path: string,
  fetch: Fetch,
  onError: (error: unknown) => void,
  replaces = false,
): Promise<ListenResult> {
  if (isSomethingElse(path)) {
    return { ok: false, reason: `${path} is there already, and is not a socket` };
  }
  const holder = replaces ? undefined : await ask(path, "GET", "/status");
  if (holder !== undefined && holder.kind !== "nobody") {
    const pid = holder.kind === "answer" ? ` by process ${holder.body["pid"]}` : "";
    return { ok: false, reason: `${path} is in use${pid}` };
  }
  // Bun unlinks the name that it has bound when it stops, whoever owns it then: so that is a name of
  // our own, and the socket gets its real name afterwards.
  const bound = `${path}.${process.pid}`;
  try {
    rmSync(bound, { force: true });
    const server = serveFew({ unix: bound }, fetch, onError);
    chmodSync(bound, 0o600);
    renameSync(bound, path);
    const { ino } = statSync(path);
    return { ok: true, socket: { close: () => close(server, path, ino) } };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Whether there is a file of somebody's, which a socket would replace. */
function isSomethingElse(path: string): boolean {
  try {
    return !statSync(path).isSocket();
  } catch {
    return false;
  }
}

/** Lets answers that are on their way get there: who waited for a reload is told how it ended. */
async function close(server: SmallServer, path: string, ino: number): Promise<void> {
  const answered = server.stop();
  try {
    if (statSync(path).ino === ino) rmSync(path);
  } catch {
    // It is gone already.
  }
  await Promise.race([answered, Bun.sleep(ANSWER_MS)]);
  void server.stop(true);
}
