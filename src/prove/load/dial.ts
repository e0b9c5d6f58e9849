// Opens connections: TCP or Unix, with TLS on them if the endpoint has it.
import { closeSync, openSync } from "node:fs";
import type { Socket } from "bun";
import type { Address } from "../../net/address.ts";
import type { Endpoint, Protocol } from "./endpoint.ts";
import { codeOf, connect, type Ears, endingOf, type Line } from "./line.ts";
import { Loss } from "./loss.ts";
import { connectSecurely } from "./tls.ts";

export interface Call {
  readonly endpoint: Endpoint;
  /** What is spoken on the connection. */
  readonly protocol: Protocol;
  readonly timeoutMs: number;
}

/** Resolves when requests can be sent. Throws a `Loss`, or what is no fault of the server. */
export async function dial({ endpoint, protocol, timeoutMs }: Call, ears: Ears): Promise<Line> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Loss("timeout", `no connection within ${timeoutMs} ms`)),
    timeoutMs,
  );
  const giveUp = new AbortController();
  const connecting =
    endpoint.tls === undefined
      ? connectPlainly(endpoint, ears)
      : connectSecurely(endpoint, protocol, ears, giveUp.signal);
  try {
    return await Promise.race([connecting, late.promise]);
  } catch (error) {
    giveUp.abort();
    void connecting.then((socket) => socket.end()).catch(() => {});
    throw connectLoss(error);
  } finally {
    clearTimeout(timer);
  }
}

function connectPlainly(address: Address, ears: Ears): Promise<Socket> {
  return connect(address, {
    data: (_, bytes) => ears.received(bytes),
    close: (_, error) => ears.ended(endingOf(error)),
    drain: () => ears.drained(),
  });
}

function connectLoss(error: unknown): unknown {
  if (error instanceof Loss) return error;
  const code = codeOf(error);
  if (code === "ECONNREFUSED") return shortage() ?? new Loss("refused", code);
  // Of a Unix socket: its file is not there.
  if (code === "ENOENT") return new Loss("refused", code);
  if (code === "ECONNRESET" || code === "ECONNABORTED") return new Loss("reset", code);
  if (code === "ETIMEDOUT") return new Loss("timeout", code);
  return error;
}

/** Bun says that a connection was refused also when this process has no descriptor for it. */
function shortage(): unknown {
  try {
    closeSync(openSync("/dev/null", "r"));
    return undefined;
  } catch (error) {
    return error;
  }
}
