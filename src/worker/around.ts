// What goes around every handler when requests are logged or get an id. Without either there is no such
// layer, and nothing of this is on the request path.
import type { AccessLog, Answered } from "./access-log.ts";
import type { Fetch } from "./app.ts";
import { type Clients, plainAddress } from "./clients.ts";
import type { OnError } from "./handler.ts";

/** The header that carries the id of a request, to the app and back to the client. */
export const REQUEST_ID = "x-request-id";

/** What an id from a trusted proxy may be: it ends up in logs. */
const VALID_ID = /^[\w.:=+/@-]{1,128}$/;

export interface AroundOptions {
  readonly accessLog: AccessLog | undefined;
  readonly giveIds: boolean;
  readonly clients: Clients;
  readonly onError: OnError;
}

/** The layer, or `undefined` when none is needed. */
export function createAround(options: AroundOptions): ((handler: Fetch) => Fetch) | undefined {
  const { accessLog, giveIds, clients, onError } = options;
  if (accessLog === undefined && !giveIds) return undefined;
  const wantsHeaders = accessLog?.wantsHeaders === true;

  const begin = (request: Request, server: Parameters<Fetch>[1]): Answered => {
    const startedMs = performance.now();
    const peer = plainAddress(server.requestIP(request)?.address ?? "-");
    const isTrusted = clients.isTrusted(peer);
    const { headers } = request;
    let requestId: string | undefined;
    if (giveIds) {
      requestId = idOf(isTrusted ? headers.get(REQUEST_ID) : null);
      headers.set(REQUEST_ID, requestId);
    }
    return {
      request,
      client: isTrusted ? clients.clientOf(peer, headers.get("x-forwarded-for")) : peer,
      startedMs,
      referer: wantsHeaders ? headers.get("referer") : null,
      userAgent: wantsHeaders ? headers.get("user-agent") : null,
      requestId,
    };
  };

  const finish = <T>(answered: Answered, response: T): T => {
    const { requestId } = answered;
    if (requestId !== undefined && response instanceof Response) {
      response.headers.set(REQUEST_ID, requestId);
    }
    accessLog?.note(answered, response);
    return response;
  };

  const fail = async (answered: Answered, error: unknown): Promise<Response> =>
    finish(answered, await onError(error, answered.request));

  return (handler) => (request, server) => {
    const answered = begin(request, server);
    try {
      const result = handler(request, server);
      if (!(result instanceof Promise)) return finish(answered, result);
      return result.then(
        (response) => finish(answered, response),
        (error: unknown) => fail(answered, error),
      );
    } catch (error) {
      return fail(answered, error);
    }
  };
}

function idOf(given: string | null): string {
  return given !== null && VALID_ID.test(given) ? given : crypto.randomUUID();
}
