// Reads one HTTP/1.1 answer from bytes as they come. It is strict: whatever ends before it is whole
// is cut, never a shorter answer, and what is not HTTP is wrong.
import { Loss } from "./loss.ts";

export interface AnswerHead {
  readonly status: number;
  /** Names in lower case; the values of a name that came twice are joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  /** The server will close the connection after this answer. */
  readonly closes: boolean;
}

/** What comes next. */
type Part = "head" | "body" | "chunk-size" | "chunk" | "chunk-end" | "trailer" | "rest" | "whole";

/** How much of a head, or of a line, may come before its end. */
const LONGEST_HEAD = 256 * 1024;
const HEAD_END = Buffer.from("\r\n\r\n");
const LINE_END = Buffer.from("\r\n");
const NOTHING = Buffer.alloc(0);

export class AnswerReader {
  /** Once it has come. Heads of a status below 200 are passed over, but for 101. */
  head: AnswerHead | undefined;
  /** How many bytes of the body have come. */
  bodyBytes = 0;
  /** The body has no length: whether it is whole when the connection ends cannot be known. */
  endsByClose = false;
  #part: Part = "head";
  /** What has come of a head or a line that is not whole yet. */
  #begun: Buffer = NOTHING;
  /** What is still to come of a body of known length, or of a chunk. */
  #left = 0;

  /**
   * @param method of the request: the answer to a HEAD has no body
   * @param onBody is given each piece of the body
   */
  constructor(
    readonly method = "GET",
    readonly onBody: (piece: Uint8Array) => void = () => undefined,
  ) {}

  get isWhole(): boolean {
    return this.#part === "whole";
  }

  /**
   * Takes bytes, up to the end of the answer. Returns how many that were. Throws a `Loss` for what
   * is not HTTP.
   */
  take(bytes: Uint8Array): number {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (at < chunk.length && this.#part !== "whole") at += this.#takePart(chunk.subarray(at));
    return at;
  }

  /** The server has closed the connection. Returns whether the answer is whole with that. */
  close(): boolean {
    if (this.#part === "rest") this.#part = "whole";
    return this.isWhole;
  }

  #takePart(chunk: Buffer): number {
    switch (this.#part) {
      case "head":
        return this.#untilEnd(chunk, HEAD_END, (text) => this.#onHead(text));
      case "chunk-size":
        return this.#untilEnd(chunk, LINE_END, (line) => this.#onChunkSize(line));
      case "chunk-end":
        return this.#untilEnd(chunk, LINE_END, (line) => this.#onChunkEnd(line));
      case "trailer":
        return this.#untilEnd(chunk, LINE_END, (line) => this.#onTrailer(line));
      case "body":
        return this.#takeBody(chunk, "whole");
      case "chunk":
        return this.#takeBody(chunk, "chunk-end");
      case "rest":
        return this.#body(chunk);
      case "whole":
        return 0;
      default:
        return this.#part satisfies never;
    }
  }

  /** Takes what ends with `end`, and gives it on when it is whole. */
  #untilEnd(chunk: Buffer, end: Buffer, onText: (text: string) => void): number {
    const before = this.#begun.length;
    const all = before === 0 ? chunk : Buffer.concat([this.#begun, chunk]);
    const at = all.indexOf(end);
    if (at < 0) {
      if (all.length > LONGEST_HEAD) throw new Loss("wrong", "a head or a line without an end");
      if (this.#part === "head") requireHttp(all);
      this.#begun = all;
      return chunk.length;
    }
    this.#begun = NOTHING;
    onText(all.toString("latin1", 0, at));
    return at + end.length - before;
  }

  #onHead(text: string): void {
    const head = parseHead(text);
    if (head.status < 200 && head.status !== 101) return;
    const { headers, status } = head;
    this.head = head;
    if (this.method === "HEAD" || status === 101 || status === 204 || status === 304) {
      this.#part = "whole";
      return;
    }
    const length = headers.get("content-length");
    const coding = headers.get("transfer-encoding");
    if (coding !== undefined) {
      if (coding.toLowerCase() !== "chunked" || length !== undefined) {
        throw new Loss("wrong", `a body of unknown length: Transfer-Encoding ${coding}`);
      }
      this.#part = "chunk-size";
    } else if (length === undefined) {
      this.#part = "rest";
      this.endsByClose = true;
      this.head = { ...head, closes: true };
    } else {
      this.#left = lengthOf(length);
      this.#part = this.#left === 0 ? "whole" : "body";
    }
  }

  #onChunkSize(line: string): void {
    const size = /^[\da-f]{1,12}(?=$|[ \t]*;)/i.exec(line)?.[0];
    if (size === undefined) throw new Loss("wrong", `not the size of a chunk: ${shown(line)}`);
    this.#left = Number.parseInt(size, 16);
    this.#part = this.#left === 0 ? "trailer" : "chunk";
  }

  #onChunkEnd(line: string): void {
    if (line !== "") throw new Loss("wrong", `a chunk longer than its size: ${shown(line)}`);
    this.#part = "chunk-size";
  }

  #onTrailer(line: string): void {
    if (line === "") this.#part = "whole";
  }

  #takeBody(chunk: Buffer, next: Part): number {
    const taken = this.#body(chunk.subarray(0, this.#left));
    this.#left -= taken;
    if (this.#left === 0) this.#part = next;
    return taken;
  }

  #body(piece: Buffer): number {
    this.bodyBytes += piece.length;
    this.onBody(piece);
    return piece.length;
  }
}

/** Throws if what has come so far begins no HTTP answer: it may never send the end of a head. */
function requireHttp(begun: Buffer): void {
  const known = "HTTP/1.";
  const start = begun.toString("latin1", 0, known.length);
  if (!known.startsWith(start)) throw new Loss("wrong", notHttp(begun.toString("latin1", 0, 60)));
}

function parseHead(text: string): AnswerHead {
  const [first = "", ...lines] = text.split("\r\n");
  const [, version, status] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first) ?? [];
  if (status === undefined) throw new Loss("wrong", notHttp(first));
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1 || /\s/.test(line.slice(0, colon))) {
      throw new Loss("wrong", `not a header: ${shown(line)}`);
    }
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const tokens =
    headers
      .get("connection")
      ?.toLowerCase()
      .split(/[ \t]*,[ \t]*/) ?? [];
  const closes = version === "0" ? !tokens.includes("keep-alive") : tokens.includes("close");
  return { status: Number(status), headers, closes };
}

/** The same length may be said twice. */
function lengthOf(value: string): number {
  const [first = "", ...others] = value.split(", ");
  if (!/^\d{1,15}$/.test(first) || others.some((it) => it !== first)) {
    throw new Loss("wrong", `not a length: ${shown(value)}`);
  }
  return Number(first);
}

function notHttp(text: string): string {
  return `not HTTP: ${shown(text)}`;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
