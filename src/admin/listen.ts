// The control socket as a file that only its owner may use. It replaces a socket that a dead server
// of this user has left, and leaves everything else alone.
import { accessSync, constants, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../errors/message-of.ts";
import { refusal } from "../os/refusal.ts";
import { statsAt } from "../os/replace-file.ts";
import { askCard } from "./client.ts";
import { type Fetch, serveFew, type SmallServer } from "./small-server.ts";

export interface ControlSocket {
  /** Whether its file is gone. A file that another server has put there is not ours to replace. */
  readonly isGone: () => boolean;
  /** Whether another server has put its own there. */
  readonly isReplaced: () => boolean;
  /** Stops accepting. Clients that are being answered get their whole answer. */
  retire(): void;
  /** Stops listening, and removes the file, unless another server has put its own there. */
  close(): Promise<void>;
}

export type ListenResult =
  | { readonly ok: true; readonly socket: ControlSocket }
  | { readonly ok: false; readonly reason: string };

/** How long the end of the server waits for answers to be read. Some commands wait longer. */
const ANSWER_MS = 100;

/** Only the owner may use it, from the first moment on. */
const OWNER_ALONE = 0o177;

/**
 * Listens on `path`, mode 0600.
 *
 * @param predecessor the process that leaves the path to us
 */
export async function listenOn(
  path: string,
  fetch: Fetch,
  onError: (error: unknown) => void,
  predecessor?: number,
): Promise<ListenResult> {
  const obstacle =
    obstacleAt(path) ?? (await holderOf(path, predecessor)) ?? folderRefusal(dirname(path));
  if (obstacle !== undefined) return { ok: false, reason: `${path} ${obstacle}` };
  // When Bun stops, it unlinks the name it has bound, whoever owns that by then. So it binds a name
  // that nobody else can guess, and the socket gets its real name afterwards.
  const bound = join(dirname(path), `.${crypto.randomUUID().slice(0, 6)}`);
  const umask = process.umask(OWNER_ALONE);
  try {
    const server = serveFew({ unix: bound }, fetch, onError);
    renameSync(bound, path);
    const ours = statsAt(path);
    return { ok: true, socket: controlSocket(server, path, ours?.ino) };
  } catch (error) {
    if (statsAt(bound) !== undefined) rmSync(bound, { force: true });
    return { ok: false, reason: messageOf(error) };
  } finally {
    process.umask(umask);
  }
}

/**
 * What is in the way at a path, unless a socket may replace it. A link to a socket shows where a
 * dead server's was.
 */
export function obstacleAt(path: string): string | undefined {
  const stats = statsAt(path);
  if (stats === undefined) return undefined;
  if (!stats.isSocket() && !stats.isSymbolicLink()) return "already exists and is not a socket";
  const isOurs = stats.uid === (process.getuid?.() ?? stats.uid);
  return isOurs ? undefined : `already exists and belongs to user ${stats.uid}`;
}

/** Why nothing can be put into a folder: Bun, which makes the socket, gives no reason. */
function folderRefusal(folder: string): string | undefined {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `cannot be created: ${refusal(error)}`;
  }
}

/** Who listens there, other than this process and the one that leaves it to us. */
async function holderOf(path: string, predecessor: number | undefined) {
  const reply = await askCard(path);
  if (reply.kind === "nobody") return undefined;
  if (reply.kind !== "server") return "is in use";
  const { pid } = reply.card;
  const isOurs = pid === process.pid || pid === predecessor;
  return isOurs ? undefined : `is in use by process ${pid}`;
}

function controlSocket(server: SmallServer, path: string, ino: number | undefined): ControlSocket {
  return {
    isGone: () => statsAt(path) === undefined,
    isReplaced: () => (statsAt(path)?.ino ?? ino) !== ino,
    retire: () => void server.stop(),
    async close() {
      // Answers that are on their way still arrive: a client that waited for a reload learns how it
      // ended.
      const answered = server.stop();
      if (ino !== undefined && statsAt(path)?.ino === ino) rmSync(path, { force: true });
      await Promise.race([answered, Bun.sleep(ANSWER_MS)]);
      void server.stop(true);
    },
  };
}
