// Who has sent a request.

/** As Bun reports it. */
export interface Client {
  readonly address: string;
  readonly port: number;
}
