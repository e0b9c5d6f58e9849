// Gives two workers a link to each other: makes it, sends each its end, and tells both.
import { SystemError } from "../../os/libc.ts";
import { explain } from "../../os/shortage.ts";
import type { ListenerSockets } from "../surroundings.ts";
import type { WorkerHandle } from "./worker-handle.ts";

/** Nobody is at the other end any more. */
const GONE: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET", "ENOTCONN"]);

/**
 * Links them. If only one of them gets its end, it finds that closed.
 * @param numbers theirs
 * @returns why they get no link; `undefined`: they do, or one has ended, which is told otherwise
 */
export function linkPair(
  sockets: Pick<ListenerSockets, "link" | "close">,
  [left, right]: readonly [number, number],
  [one, other]: readonly (WorkerHandle | undefined)[],
): string | undefined {
  if (one === undefined || other === undefined) return undefined;
  let ends: ReturnType<typeof sockets.link> | undefined;
  try {
    ends = sockets.link();
    give(one, right, ends[0]);
    give(other, left, ends[1]);
    return undefined;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return GONE.has(error.code) ? undefined : explain(error);
  } finally {
    for (const { stream, descriptors } of ends ?? []) {
      sockets.close(stream);
      sockets.close(descriptors);
    }
  }
}

function give(worker: WorkerHandle, peer: number, end: Parameters<WorkerHandle["giveLink"]>[1]) {
  worker.giveLink(peer, end);
  worker.send({ type: "link", peer });
}
