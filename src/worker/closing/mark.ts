// Marking: a draining worker's answers say `Connection: close`, and are otherwise what they would
// be. Bun closes the connection after such an answer, and the client's next one goes to another
// worker.
//
// Bun sends a header that is set on a response, with these exceptions. All of them are left to a
// private server of Bun, whose answer is passed on with the header:
// - A response without a body may be returned for many requests, but its headers are sent once.
//   What is set later, on the object that `headers` returned before, is not sent.
// - The answer to a HEAD, and one whose body is a file, changes once `headers` has been read: Bun
//   then adds a type, or turns the 206 of a part of a file into a 200.
// - For a response that cannot be sent, because its body has been used, Bun answers with an error.
import { setClose, swallow, swallowingAtEnd } from "./closing.ts";
import {
  bodyUsedOf,
  headersOf,
  isPlainResponse,
  isResponse,
  NativeResponse,
} from "../http/native.ts";
import type { Pace, SteadyPace } from "./pace.ts";
import type { PrivateServer } from "../private/private-server.ts";
import { isInMemory, isStream, mayBeLookedAt } from "../http/response-body.ts";
import { withHeader } from "../http/with-header.ts";

/** How far a worker's drain has come. All of its handlers share one. */
export interface DrainFlag {
  /** Set while responses are marked. */
  pace: Pace | SteadyPace | undefined;
  /** The port that a request has come from; undefined: nobody knows. */
  readonly portOf: (request: Request) => number | undefined;
  /** The deadline has come: new requests get 503. */
  expired: boolean;
  /** Finds out what Bun would send; set while responses are marked, if there is such a server. */
  privately: PrivateServer | undefined;
  /** Some answer has been passed on from there: its request may have more to forget at its end. */
  passesOn: boolean;
}

/**
 * If the app has not read an upload, it is read for the app up to this size. A client that keeps
 * sending longer ones stays until the deadline. The time limit is short, because at the deadline
 * there is no more time.
 */
export const UNREAD = { mostBytes: 16 * 1024 * 1024, mostMs: 200 };

/**
 * Whether it is this connection's turn to be closed. Each call that returns true takes one turn.
 * @param port that the client has
 */
export function isDue({ pace, expired }: DrainFlag, port: () => number | undefined): boolean {
  return expired || pace?.isDue(performance.now(), port) === true;
}

/**
 * Whether a connection can be closed after the answer. Not if the app has left an upload unread:
 * the rest of it would cause a reset, and the client might never see the response. So a short one
 * is read here. With a long one the connection stays open, and is closed after a later request.
 */
function mayClose(request: Request): boolean | Promise<boolean> {
  const { body } = request;
  if (body === null || request.bodyUsed) return true;
  return !isLong(request) && !body.locked && swallow(request, UNREAD);
}

function isLong({ headers }: Request): boolean {
  return Number(headers.get("content-length") ?? 0) > UNREAD.mostBytes;
}

/**
 * Whether the answer to this request should be the last on its connection, as `mark` decides it.
 */
export function isLast(request: Request, flag: DrainFlag): boolean | Promise<boolean> {
  return isDue(flag, () => flag.portOf(request)) && mayClose(request);
}

/** Asks Bun to close the connection after this response, if its turn has come. */
export function mark<T extends Response | undefined>(
  request: Request,
  response: T,
  flag: DrainFlag,
): T | Response | Promise<T | Response> {
  if (!isResponse(response) || !isDue(flag, () => flag.portOf(request))) return response;
  if (request.body !== null && !request.bodyUsed && isStream(response)) {
    // Bun gives some streams a type, but would give the new one none.
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
  flag: DrainFlag,
): Response | Promise<Response> {
  const mayBeSet = request.method !== "HEAD" && mayBeLookedAt(request, response);
  if (mayBeSet && isMarkedBySetting(response)) return response;
  const simply = (): Response => withHeader(response, "connection", "close");
  // It cannot be asked when descriptors are short, for example.
  const { privately } = flag;
  if (privately === undefined) return simply();
  flag.passesOn = true;
  return privately.send(request, response).catch(simply);
}

/** Sets the header. @returns whether Bun will send it, and everything else as before */
function isMarkedBySetting(response: Response): boolean {
  try {
    if (bodyUsedOf(response)) return false;
    // A stream has not been returned before; neither has a text of Bun's own class, about which
    // more is known below.
    const isNew = isStream(response);
    if (!isNew && !(isPlainResponse(response) && isInMemory(response))) return false;
    headersOf(response).set("connection", "close");
    return isNew || headersOf(new NativeResponse(null, response)).get("connection") === "close";
  } catch {
    // It is not a response of Bun, though its class says so.
    return false;
  }
}
