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
const LENGTH = /^content-length: *(\d+)/im;
const CHUNKED = /^transfer-encoding: *chunked/im;
const HEAD_END = "\r\n\r\n";
const LONGEST_HEAD = 65_536;

/** Tells the app that no client asks. */
export const MARK = "X-Pounce-Warmup: 1";

/** Resolves with the status when the answer has ended; rejects if there is none. */
export function ask({ port, isSecure, path, host, untilMs }: Question): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fields = [`Host: ${host}`, MARK, "Accept: */*", "Connection: close"];
  const head = `GET ${path} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`;
  const answer = new Answer();
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
    data: (_, bytes) => answer.take(Buffer.from(bytes).toString("latin1")),
    close: () => {
      clearTimeout(timer);
      const { status, isWhole } = answer;
      if (status === undefined) reject(new Error("it ended the connection without an answer"));
      else if (!isWhole) reject(new Error(`its answer, ${status}, broke off`));
      else resolve(status);
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

/** What has come of an answer: its head, and of its body no more than tells whether it is whole. */
class Answer {
  #head = "";
  #isInBody = false;
  #bodyLength = 0;
  #tail = "";

  take(text: string): void {
    this.#tail = (this.#tail + text.slice(-HEAD_END.length)).slice(-HEAD_END.length);
    if (this.#isInBody) {
      this.#bodyLength += text.length;
      return;
    }
    const all = this.#head + text;
    const end = all.indexOf(HEAD_END);
    this.#isInBody = end >= 0 || all.length > LONGEST_HEAD;
    this.#head = end < 0 ? all : all.slice(0, end + HEAD_END.length);
    this.#bodyLength = all.length - this.#head.length;
  }

  get status(): number | undefined {
    const status = STATUS.exec(this.#head)?.[1];
    return status === undefined ? undefined : Number(status);
  }

  /** The last chunk ends as the head does, also with trailers. */
  get isWhole(): boolean {
    if (CHUNKED.test(this.#head)) return this.#bodyLength > 0 && this.#tail === HEAD_END;
    const length = LENGTH.exec(this.#head)?.[1];
    return length === undefined || this.#bodyLength >= Number(length) || !hasBody(this.status);
  }
}

function hasBody(status = 0): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}
