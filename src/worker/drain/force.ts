// What a worker does when its time is up: requests that wait for an answer get a 503, and
// everything is closed.
//
// Bun holds the promise of a handler that has not answered, and writes nothing before it settles.
// So the answer can be written directly to the connection, if it is the right one and nothing else
// is being sent on it. Over TLS only Bun can write, see past-bun.ts. Whatever fails here, the rest
// is still done.
import type { ForcedRequest } from "../../ipc/messages.ts";
import { SHUT_WR } from "../../os/constants.ts";
import { unreadBytes, unsentBytes } from "../../net/socket-options.ts";
import { trafficOf } from "../../net/tcp-info.ts";
import { connectionOf, isAnswered } from "../connections/connection.ts";
import { type InFlightRequest, isPending } from "../requests/in-flight.ts";
import { closeIdleNow, waiting } from "./drain.ts";
import { lastAnswer } from "../http/problem.ts";
import { answerByBun, writeLast } from "./past-bun.ts";
import type { SharedServers } from "../serve/shared-servers.ts";
import { Trouble, until } from "../trouble.ts";

/** How long to wait, at the deadline, for a moment when closing resets nobody. */
const NOTHING_UNREAD_MS = 200;
/** From `stop` to closing what is still open. */
const LAST_WRITES_MS = 200;
/** Replaces the path of a request that Bun serves by itself: only Bun has seen it. */
const SERVED_BY_BUN = "(a static, file or HTML route)";

/** Downloads that Bun serves by itself and has not finished writing. */
export function servedByBun(servers: SharedServers): ForcedRequest[] {
  const known = servers.connections.busy();
  const found: ForcedRequest[] = [];
  for (const fd of servers.connections.writing()) {
    const key = servers.connections.has(fd) ? servers.connections.keyOf(fd) : undefined;
    if (key === undefined || known.has(key)) continue;
    const age_ms = trafficOf(fd)?.sinceReceivedMs ?? 0;
    found.push({ method: "GET", path: SERVED_BY_BUN, age_ms });
  }
  return found;
}

/** Ends everything, as properly as is possible when the time is up. */
export async function force(servers: SharedServers): Promise<void> {
  const trouble = waiting(servers, "a step of the forced stop");
  trouble.survive(() => servers.refuseRequests());
  // On a Unix socket only this shows which connections wait for an answer: those that are left.
  if (servers.hasUnix) trouble.survive(() => closeIdleNow(servers));
  trouble.survive(() => answerPending(servers, trouble));
  await untilNothingUnread(servers);
  trouble.survive(() => servers.stop(false));
  await Bun.sleep(LAST_WRITES_MS);
  trouble.survive(() => servers.stop(true));
}

/**
 * The app ends the process, now: answers what that would cut off, if nothing of it is sent yet.
 * Not over TLS: what Bun sends leaves only in a later turn of its event loop.
 */
export function answerBeforeExit(servers: SharedServers): void {
  if (servers.handlers.answersThroughBun) return;
  const what = "answering the requests that an exit of the app cuts off";
  const trouble = new Trouble(servers.handlers.options.onTrouble, "drain-hindered", what);
  trouble.survive(() => answerPending(servers, trouble));
}

/** Answers 503 to each request whose handler has not answered. */
function answerPending(servers: SharedServers, trouble: Trouble): void {
  const all = servers.handlers.inFlight.sweep().filter(isPending);
  if (servers.handlers.answersThroughBun) {
    for (const one of all) trouble.survive(() => answerThroughBun(servers, one));
    return;
  }
  const pending = Map.groupBy(all, connectionOf);
  if (pending.size === 0) return;
  const writing = servers.connections.writing();
  const free = servers.connections.all().filter((fd) => !writing.has(fd) && unsentBytes(fd) === 0);
  const connections = Map.groupBy(free, (fd) => servers.connections.keyOf(fd) ?? "");
  for (const [key, requests] of pending) {
    trouble.survive(() => {
      const found = waitingAmong(connections.get(key) ?? [], requests.length);
      const isForHead = requests.every(({ request }) => request.method === "HEAD");
      const answered = found.filter((fd) => writeLast(fd, lastAnswer(503, isForHead), SHUT_WR));
      for (const request of requests.slice(0, answered.length)) {
        servers.handlers.pastHandler.noteAnswered(request, 503);
      }
    });
  }
}

function answerThroughBun(servers: SharedServers, one: InFlightRequest): void {
  const { pastHandler } = servers.handlers;
  if (answerByBun(one, 503)) pastHandler.noteAnswered(one, 503);
}

/** Among connections that share a name, those that wait for an answer. @param count how many do */
function waitingAmong(connections: readonly number[], count: number): readonly number[] {
  if (connections.length <= count) return connections;
  return connections.filter((fd) => {
    const traffic = trafficOf(fd);
    return traffic?.hasReceived === true && !isAnswered(traffic);
  });
}

/** Waits, up to a limit, for a moment when no connection has unread bytes and none is queued. */
async function untilNothingUnread(servers: SharedServers): Promise<void> {
  const isNothingUnread = (): boolean =>
    servers.queued === 0 && !servers.connections.all().some((fd) => unreadBytes(fd) > 0);
  const untilMs = performance.now() + NOTHING_UNREAD_MS;
  await until(waiting(servers, "looking for unread requests"), isNothingUnread, () => 5, untilMs);
}
