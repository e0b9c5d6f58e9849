// A client of a WebSocket that sends numbers and expects each of them back, in order. When its
// connection ends it connects again, as the manual's client does: 100 ms after a close with 1012,
// else after 1 to 5 s.
//
// It is a plain TCP connection, as ten thousand of them are to cost little.
import { HOST } from "../bench/http.ts";

const SERVICE_RESTART = 1012;
const BACK_AFTER_MS = 100;
const OTHERWISE_MS = 1000;
const SPREAD_MS = 4000;

const TEXT = 0x81;
const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;
const MASK = [1, 2, 3, 4];

const HANDSHAKE =
  "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const HEAD_END = "\r\n\r\n";
const NOTHING = Buffer.alloc(0);

/** A frame of a client, whose payload is at most 125 bytes long. */
function frameOf(kind: number, payload: Buffer): Uint8Array {
  const masked = payload.map((byte, at) => byte ^ (MASK[at & 3] as number));
  return Uint8Array.from([kind, 0x80 | payload.length, ...MASK, ...masked]);
}

export class Client {
  sent = 0;
  /** Echoes of what was sent. What is never echoed is lost. */
  got = 0;
  /** Repeated, or out of order. */
  wrong = 0;
  /** How often its connection has ended, and how often it has got a new one. */
  ended = 0;
  returned = 0;
  /** When it last got one. */
  openedMs = 0;
  isOpen = false;
  /**
   * From when it wanted to send a number to the next echo, since the last reset. While it has no
   * connection it sends nothing; it does so as soon as it has one. What was lost is not sent again.
   */
  longestMs = 0;
  onEcho: (() => void) | undefined;
  /** When each number was to be sent that is not echoed. */
  readonly #waiting: number[] = [];
  /** The number that is to come next. */
  #next = 0;
  /** Since when it wants to send. */
  #wantsMs: number | undefined;
  #bytes = NOTHING;
  #closeCode: number | undefined;
  #socket: Bun.Socket | undefined;
  readonly #opened = Promise.withResolvers<void>();
  #hasOpened = false;
  #isOver = false;

  constructor(readonly port: number) {}

  /** Resolves when it has a connection for the first time. */
  async open(): Promise<void> {
    void this.#connect();
    await this.#opened.promise;
  }

  async #connect(): Promise<void> {
    this.#bytes = NOTHING;
    this.#closeCode = undefined;
    try {
      this.#socket = await Bun.connect({
        hostname: HOST,
        port: this.port,
        socket: {
          open: (socket) => void socket.write(HANDSHAKE),
          data: (socket, bytes) => this.#take(socket, bytes),
          close: () => this.#hasEnded(),
        },
      });
    } catch {
      this.#hasEnded();
    }
  }

  #hasEnded(): void {
    const wasOpen = this.isOpen;
    this.isOpen = false;
    if (this.#isOver) return;
    if (wasOpen) {
      this.ended++;
      this.#wantsMs ??= this.#waiting[0];
      this.#waiting.length = 0;
      this.#next = this.sent;
    }
    const isAsked = this.#closeCode === SERVICE_RESTART;
    const afterMs = isAsked ? BACK_AFTER_MS : OTHERWISE_MS + SPREAD_MS * Math.random();
    setTimeout(() => void this.#connect(), afterMs);
  }

  send(): void {
    const nowMs = performance.now();
    if (this.isOpen) this.#sendOne(nowMs);
    else this.#wantsMs ??= nowMs;
  }

  #sendOne(sinceMs: number): void {
    this.#waiting.push(sinceMs);
    this.#socket?.write(frameOf(TEXT, Buffer.from(String(this.sent++))));
  }

  end(): void {
    this.#isOver = true;
    this.#socket?.terminate();
  }

  #take(socket: Bun.Socket, bytes: Buffer): void {
    this.#bytes =
      this.#bytes.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#bytes, bytes]);
    if (!this.isOpen && !this.#readHead(socket)) return;
    for (;;) {
      const [kind, length] = this.#bytes;
      if (length === undefined || this.#bytes.length < 2 + length) return;
      const payload = this.#bytes.subarray(2, 2 + length);
      this.#bytes = this.#bytes.subarray(2 + length);
      this.#takeFrame(socket, kind, payload);
    }
  }

  #takeFrame(socket: Bun.Socket, kind: number | undefined, payload: Buffer): void {
    switch (kind) {
      case TEXT:
        this.#echoed(payload.toString("latin1"));
        break;
      case PING:
        socket.write(frameOf(PONG, payload));
        break;
      case CLOSE:
        this.#closeCode = payload.length < 2 ? undefined : payload.readUInt16BE();
        socket.write(frameOf(CLOSE, payload.subarray(0, 2)));
        break;
      default:
        throw new Error(`a frame that no server sends: ${kind}`);
    }
  }

  /** Whether the server has upgraded. */
  #readHead(socket: Bun.Socket): boolean {
    const end = this.#bytes.indexOf(HEAD_END);
    if (end < 0) return false;
    if (!this.#bytes.toString("latin1", 0, end).startsWith("HTTP/1.1 101 ")) {
      socket.terminate();
      return false;
    }
    this.#bytes = this.#bytes.subarray(end + HEAD_END.length);
    this.#socket = socket;
    this.isOpen = true;
    this.openedMs = performance.now();
    if (this.#hasOpened) this.returned++;
    this.#hasOpened = true;
    this.#opened.resolve();
    if (this.#wantsMs !== undefined) this.#sendOne(this.#wantsMs);
    this.#wantsMs = undefined;
    return true;
  }

  #echoed(text: string): void {
    if (text === String(this.#next++)) this.got++;
    else this.wrong++;
    this.longestMs = Math.max(this.longestMs, performance.now() - (this.#waiting.shift() ?? 0));
    this.onEcho?.();
  }
}
