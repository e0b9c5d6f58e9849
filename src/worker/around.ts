// What goes around every handler when requests are logged or get an id. Without either there is no such
// layer, and nothing of this is on the request path.
import type { AccessLog } from "./access-log.ts";
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
  return (handler) => (request, server) => {
    const startedMs = performance.now();
    const { headers } = request;
    const peer = plainAddress(server.requestIP(request)?.address ?? "-");
    const isTrusted = clients.isTrusted(peer);
    const requestId = giveIds ? idOf(isTrusted ? headers.get(REQUEST_ID) : null) : undefined;
    if (requestId !== undefined) headers.set(REQUEST_ID, requestId);
    const wantsHeaders = accessLog?.wantsHeaders === true;
    const answered = {
      request,
      client: isTrusted ? clients.clientOf(peer, headers.get("x-forwarded-for")) : peer,
      startedMs,
      referer: wantsHeaders ? headers.get("referer") : null,
      userAgent: wantsHeaders ? headers.get("user-agent") : null,
      requestId,
    };
    const finish = <T>(response: T): T => {
      if (requestId !== undefined && response instanceof Response) {
        response.headers.set(REQUEST_ID, requestId);
      }
      accessLog?.note(answered, response);
      return response;
    };
    const fail = async (error: unknown): Promise<Response> => finish(await onError(error, request));
    try {
      const result = handler(request, server);
      return result instanceof Promise ? result.then(finish, fail) : finish(result);
    } catch (error) {
      return fail(error);
    }
  };
}

function idOf(given: string | null): string {
  return given !== null && VALID_ID.test(given) ? given : crypto.randomUUID();
}
