// One GET of the warm-up, on a connection of its own, to a port of this process. It does not use
// `fetch`, which the app may have replaced, and whose code a worker may never need.

/** An answer that does not end within `untilMs` of `performance.now()` is none. */
export interface Question {
  readonly port: number;
  readonly isSecure: boolean;
  /** As in a request: with its query, if there is one. */
  readonly path: string;
  /** What is in the header `Host`. */
  readonly host: string;
  readonly untilMs: number;
}

const STATUS = /^HTTP\/1\.1 (\d{3})/;
const LONGEST_LINE = 64;

/** Tells the app that no client asks. */
export const MARK = "X-Pounce-Warmup: 1";

/** Resolves with the status when the answer has ended; rejects if there is none. */
export function ask({ port, isSecure, path, host, untilMs }: Question): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fields = [`Host: ${host}`, MARK, "Accept: */*", "Connection: close"];
  const head = `GET ${path} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`;
  let begin = "";
  const timer = setTimeout(() => {
    reject(new Error("it did not answer in time"));
    connection?.terminate();
  }, untilMs - performance.now());
  let connection: Bun.Socket<undefined> | undefined;
  const socket: Bun.SocketHandler<undefined> = {
    open: (opened) => {
      connection = opened;
      if (!isSecure) opened.write(head);
    },
    handshake: (opened) => void opened.write(head),
    data: (_, bytes) => {
      if (begin.length < LONGEST_LINE) begin += Buffer.from(bytes).toString("latin1");
    },
    close: () => {
      clearTimeout(timer);
      const status = STATUS.exec(begin)?.[1];
      if (status === undefined) reject(new Error("it ended the connection without an answer"));
      else resolve(Number(status));
    },
  };
  // The certificate is the server's own, and may be for any name.
  const tls = isSecure ? { tls: { rejectUnauthorized: false } } : {};
  Bun.connect({ hostname: "127.0.0.1", port, socket, ...tls }).catch((error: unknown) => {
    clearTimeout(timer);
    reject(error);
  });
  return promise;
}
