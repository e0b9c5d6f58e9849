// Who has sent a request.

/** As Bun reports it. */
export interface Client {
  readonly address: string;
  readonly port: number;
}

/** Anybody on a Unix socket: Bun reports nobody. The name is that of nginx, in its log as well. */
export const UNIX_CLIENT: Client = { address: "unix:", port: 0 };
