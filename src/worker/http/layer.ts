// The handler of a request, and the layers that can wrap each handler of a worker.

/** Answers a request, as Bun calls it. `undefined` means that the connection was upgraded. */
export type Fetch = (
  request: Request,
  server: Bun.Server<unknown>,
) => Response | undefined | Promise<Response | undefined>;

/** Wraps every handler of a worker. */
export interface Layer {
  /** The handler, which never throws, wrapped in this layer. */
  wrap(handler: Fetch): Fetch;
}

/** A layer that only looks at each request, and at the server that it has come to. */
export function noting(look: (...args: Parameters<Fetch>) => void): Layer {
  const wrap = (handler: Fetch): Fetch => {
    return (request, server) => {
      look(request, server);
      return handler(request, server);
    };
  };
  return { wrap };
}
