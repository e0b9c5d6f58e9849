// What the master and the process that orders a certificate say to each other, and the arguments by
// which that process is started: they mark it, and `ps` shows them.

/** What to order, and where everything is. */
export interface OrderRequest {
  readonly domain: string;
  readonly email: string | undefined;
  /** The URL of the CA. */
  readonly directory: string;
  readonly httpPort: number;
  readonly stateFolder: string;
  /** The folder in it for this CA. */
  readonly folder: string;
  /** Where the certificate and its key go. */
  readonly file: string;
}

/** How it went. */
export type OrderOutcome =
  | { readonly kind: "ordered" }
  /** Another process orders with the same account, or the order was given up: no failure. */
  | { readonly kind: "not-now" }
  | {
      readonly kind: "failed";
      readonly reason: string;
      /** See `Failure` in schedule.ts. */
      readonly retryAfterMs?: number | undefined;
      readonly isLimited?: boolean | undefined;
    };

const ARGUMENTS = /^certificate for \S+$/;

export function orderArguments(domain: string): string[] {
  return ["certificate", "for", domain];
}

/** Whether these are the arguments of a process that orders. */
export function areOfOrder(argv: readonly string[]): boolean {
  return ARGUMENTS.test(argv.join(" "));
}

/** What has arrived, if it is an outcome. */
export function readOutcome(value: unknown): OrderOutcome | undefined {
  const { kind, reason } = (value ?? {}) as { readonly kind?: unknown; readonly reason?: unknown };
  const isOutcome =
    kind === "ordered" || kind === "not-now" || (kind === "failed" && typeof reason === "string");
  return isOutcome ? (value as OrderOutcome) : undefined;
}
