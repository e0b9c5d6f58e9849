// TLS on a connection. It is put on a plain one, whose bytes and whose end can so be seen: they
// tell how the connection ended.
import { isIP } from "node:net";
import type { Socket, TLSOptions } from "bun";
import { isClosedTcp } from "../../net/tcp-info.ts";
import { here } from "../../platform.ts";
import { certificateProblem, serverNameOf } from "./certificate.ts";
import type { Endpoint, Protocol } from "./endpoint.ts";
import { codeOf, connect, type Ears, type Ending, endingOf, lossKindOf } from "./line.ts";
import { Loss } from "./loss.ts";
import { TlsRecords } from "./tls-records.ts";

/** Names of protocols as the handshake has them: each after its length. */
const ALPN: Readonly<Record<Protocol, string>> = { h2: "\x02h2", "http/1.1": "\x08http/1.1" };

/**
 * Resolves when the handshake is done, and the certificate is one that is taken. Rejects with a
 * `Loss`.
 * @param giveUp ends the connection before that
 */
export async function connectSecurely(
  endpoint: Endpoint,
  protocol: Protocol,
  ears: Ears,
  giveUp: AbortSignal,
): Promise<Socket> {
  const handshake = Promise.withResolvers<Socket>();
  const records = new TlsRecords();
  let isUp = false;
  let failure: Error | undefined;
  const plain = await connect(endpoint, {
    data: (_, bytes) => records.take(bytes),
    close(_, error) {
      const ending = endingWith(failure, error, records);
      if (isUp) ears.ended(ending);
      else handshake.reject(lossOf(ending));
    },
  });
  if (giveUp.aborted) plain.terminate();
  giveUp.addEventListener("abort", () => plain.terminate(), { once: true });
  plain.upgradeTLS<undefined>({
    tls: optionsOf(endpoint, protocol),
    socket: {
      handshake(socket, _, error) {
        if (error !== null && FAILURES.has(codeOf(error))) {
          handshake.reject(lossOfHandshake(socket, error));
          return;
        }
        const problem =
          certificateProblem(socket, endpoint, error) ?? protocolProblem(socket, protocol);
        if (problem === undefined) {
          isUp = true;
          handshake.resolve(socket);
        } else {
          handshake.reject(new Loss("tls", problem));
          socket.end();
        }
      },
      data(_, bytes) {
        records.seen(bytes.length);
        ears.received(bytes);
      },
      drain: () => ears.drained(),
      error: (_, error) => {
        failure = error;
      },
    },
  });
  return handshake.promise;
}

function optionsOf(endpoint: Endpoint, protocol: Protocol): TLSOptions {
  const { ca, pinned, isUnchecked = false } = endpoint.tls ?? {};
  const serverName = serverNameOf(endpoint);
  return {
    ALPNProtocols: ALPN[protocol],
    rejectUnauthorized: !isUnchecked && pinned === undefined,
    ...(ca === undefined ? {} : { ca }),
    // An address is no name that a server could be asked for.
    ...(serverName === undefined || isIP(serverName) !== 0 ? {} : { serverName }),
  };
}

/** A server that knows no ALPN speaks HTTP/1.1. */
function protocolProblem({ alpnProtocol }: Socket, protocol: Protocol): string | undefined {
  if (protocol === "http/1.1" || alpnProtocol === protocol) return undefined;
  return `the server does not offer ${protocol}`;
}

/** @param failure what came is no TLS, or an alert */
function endingWith(
  failure: Error | undefined,
  error: Error | undefined,
  records: TlsRecords,
): Ending {
  if (failure !== undefined) return { kind: "tls", detail: wordsOf(failure) };
  const ending = endingOf(error);
  if (ending.kind !== "closed" || records.endsWithAlert) return ending;
  return { ...ending, detail: `${ending.detail} without close_notify`, isAbrupt: true };
}

/** A connection has ended that did not get as far as its certificate. */
function lossOf(ending: Ending): Loss {
  return new Loss(lossKindOf(ending), `${ending.detail} within the TLS handshake`);
}

/** What Bun says of a connection that ended, reset or not, within the handshake. */
const ENDED = "ECONNRESET";
/** Codes of a handshake that failed. All others say what Bun thinks of a certificate. */
const FAILURES: ReadonlySet<string> = new Set([ENDED, "EPROTO"]);

function lossOfHandshake(socket: Socket, error: Error): Loss {
  if (codeOf(error) !== ENDED) return new Loss("tls", wordsOf(error));
  // Bun has met the reset as it wrote, and does not say so.
  const isReset = here.hasLibc && isClosedTcp(descriptorOf(socket));
  return lossOf(isReset ? { kind: "reset", detail: ENDED } : endingOf(undefined));
}

/** Bun does not declare it. */
function descriptorOf(socket: Socket): number {
  return Number(Reflect.get(socket, "fd") ?? -1);
}

/** `alert handshake failure`, of `error:…:OPENSSL_internal:SSLV3_ALERT_HANDSHAKE_FAILURE`. */
function wordsOf({ message }: Error): string {
  const reason = /OPENSSL_internal:(\w+)/.exec(message)?.[1];
  if (reason === undefined) return message;
  return `TLS: ${reason
    .replace(/^(SSLV3|TLSV1)_/, "")
    .replaceAll("_", " ")
    .toLowerCase()}`;
}
