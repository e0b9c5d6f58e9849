// A connection as the kernel has it, through a socket of Bun.
import type { Socket, SocketHandler } from "bun";
import { type Address, isUnix } from "../../net/address.ts";

/** Who is told of what happens on a connection. */
export interface Ears {
  received(bytes: Uint8Array): void;
  /** More can be sent. */
  drained(): void;
  /** Called once. */
  ended(ending: Ending): void;
}

/** How the other side ended a connection. */
export interface Ending {
  /** Closed by a FIN; reset; over TLS also given up, as what came is an alert or no TLS. */
  readonly kind: "closed" | "reset" | "tls";
  readonly detail: string;
  /** Over TLS: a FIN alone, with which an attacker could cut an answer short. */
  readonly isAbrupt?: boolean;
}

/** What it means to a request that waits for more. */
export function lossKindOf({ kind }: Pick<Ending, "kind">): "cut" | "reset" | "tls" {
  return kind === "closed" ? "cut" : kind;
}

/** `closed`, `reset`, `TLS: alert internal error`. */
export function howEnded({ kind, detail }: Ending): string {
  return kind === "tls" ? detail : kind;
}

/** What is done with a connection. */
export type Line = Pick<Socket, "write" | "end" | "pause" | "resume">;

/** Connects. `handler` is told of what happens from then on. */
export function connect(address: Address, handler: SocketHandler<undefined>): Promise<Socket> {
  const socket = { ...handler, connectError: () => {} };
  if (isUnix(address)) return Bun.connect({ unix: address.path.replace(/^@/, "\0"), socket });
  return Bun.connect({ hostname: address.host, port: address.port, socket });
}

/** The ending that the `close` of a socket of Bun means. */
export function endingOf(error: Error | undefined): Ending {
  if (error === undefined) return { kind: "closed", detail: "closed by the server" };
  return { kind: "reset", detail: codeOf(error) };
}

export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
