// Marking: an answer of a draining worker says `Connection: close`, and is in all else what it
// would be otherwise. Bun closes the connection after it, and the client's next one goes to
// another worker.
//
// Bun sends a header that is set on a response, with these exceptions. All of them are left to a
// private server of Bun, whose answer is passed on with the header:
// - A response without a body may be returned for many requests, but its headers are sent once.
//   What is set afterwards, on the object that `headers` gave before, is not sent.
// - The answer to a HEAD, and one whose body is a file, changes once `headers` has been looked at:
//   Bun then adds a type, or makes 200 of the 206 of a part of a file.
// - A response that cannot be sent, as its body has been used: Bun makes an error of it.
import { setClose, swallow, swallowingAtEnd } from "./closing.ts";
import {
  bodyUsedOf,
  headersOf,
  isPlainResponse,
  isResponse,
  NativeResponse,
} from "../http/native.ts";
import type { Pace } from "./pace.ts";
import type { PrivateServer } from "../private/private-server.ts";
import { isInMemory, isStream, mayBeLookedAt } from "../http/response-body.ts";
import { withHeader } from "../http/with-header.ts";

/** How far a worker's drain is. One for all of its handlers. */
export interface DrainFlag {
  /** Set while responses are marked. */
  pace: Pace | undefined;
  /** The deadline has come: new requests get 503. */
  expired: boolean;
  /** Tells what Bun would send; there as long as responses are marked, where there is one. */
  privately: PrivateServer | undefined;
}

/**
 * An upload that the app has not read is read for it up to this much: a client that goes on sending
 * longer ones is kept until the deadline. And for so long: at the deadline there is no more time.
 */
const UNREAD = { mostBytes: 16 * 1024 * 1024, mostMs: 200 };

/**
 * Whether it is this connection's turn to be closed. Each call that says so takes the turn of one.
 */
function isDue({ pace, expired }: DrainFlag): boolean {
  return expired || pace?.isDue(performance.now()) === true;
}

/**
 * Whether a connection can be closed after the answer. Not when the app has left an upload unread:
 * the rest of it would be answered with a reset, and the client might never see the response. So a
 * short one is read here. With a long one the connection goes on, to be closed after a later
 * request.
 */
function mayClose(request: Request): boolean | Promise<boolean> {
  const { body } = request;
  if (body === null || request.bodyUsed) return true;
  return !isLong(request) && !body.locked && swallow(request, UNREAD);
}

function isLong({ headers }: Request): boolean {
  return Number(headers.get("content-length") ?? 0) > UNREAD.mostBytes;
}

/** Whether the answer to this request is to be the last on its connection, as `mark` decides it. */
export function isLast(request: Request, flag: DrainFlag): boolean | Promise<boolean> {
  return isDue(flag) && mayClose(request);
}

/** Asks Bun to close the connection after this response, if its turn has come. */
export function mark<T extends Response | undefined>(
  request: Request,
  response: T,
  flag: DrainFlag,
): T | Response | Promise<T | Response> {
  if (!isResponse(response) || !isDue(flag)) return response;
  if (request.body !== null && !request.bodyUsed && isStream(response)) {
    // Bun gives some streams a type, and would give the new one none.
    const mayBeReplaced = headersOf(response).has("content-type");
    if (!mayBeReplaced || isLong(request) || request.body.locked) return response;
    return swallowingAtEnd(request, setClose(response), UNREAD);
  }
  const may = mayClose(request);
  if (may === true) return marked(request, response, flag);
  if (may === false) return response;
  return may.then((isRead) => (isRead ? marked(request, response, flag) : response));
}

function marked(
  request: Request,
  response: Response,
  { privately }: DrainFlag,
): Response | Promise<Response> {
  const mayBeSet = request.method !== "HEAD" && mayBeLookedAt(request, response);
  if (mayBeSet && isMarkedBySetting(response)) return response;
  const simply = (): Response => withHeader(response, "connection", "close");
  // It cannot be asked when descriptors are short, say.
  return privately === undefined ? simply() : privately.send(request, response).catch(simply);
}

/** Sets the header. @returns whether Bun will send it, and all else as before */
function isMarkedBySetting(response: Response): boolean {
  try {
    if (bodyUsedOf(response)) return false;
    // A stream has not been returned before; nor has a text of Bun's own class, of which more can
    // be told below.
    const isNew = isStream(response);
    if (!isNew && !(isPlainResponse(response) && isInMemory(response))) return false;
    headersOf(response).set("connection", "close");
    return isNew || headersOf(new NativeResponse(null, response)).get("connection") === "close";
  } catch {
    // No response of Bun, though its class says so.
    return false;
  }
}
