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
