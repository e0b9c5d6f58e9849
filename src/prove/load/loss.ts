// The ways in which a request is lost.

/**
 * - refused: no connection, as nobody listened
 * - reset: the connection was reset (RST), before or within the answer
 * - cut: the connection was closed (FIN) before the answer was whole
 * - timeout: no whole answer in time
 * - tls: no handshake, another certificate, or an alert in place of the rest
 * - wrong: a status that was not seen before the load, or what is not HTTP
 */
export const LOSS_KINDS = ["refused", "reset", "cut", "timeout", "tls", "wrong"] as const;
export type LossKind = (typeof LOSS_KINDS)[number];

/** A request that got no proper answer. Thrown where it is noticed, counted by who runs clients. */
export class Loss extends Error {
  constructor(
    readonly kind: LossKind,
    message: string,
  ) {
    super(message);
    this.name = "Loss";
  }
}
