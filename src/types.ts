// The types of the npm package `pounce`, for the authors of apps: this file is what it has as
// index.d.ts. So it imports nothing, and says nothing of what an app cannot use today.
//
// What Bun has as well is written down again: these types must do without @types/bun. A value of
// Bun's own types fits wherever one of these is asked for (test/package/types.test.ts).

/**
 * An instance of a global class, as whatever types are loaded declare it: the library "DOM",
 * @types/bun or @types/node.
 */
type Global<Name extends string, Otherwise = object> = typeof globalThis extends {
  [K in Name]: abstract new (...args: never) => infer Instance;
}
  ? Instance
  : Otherwise;

type Abort = Global<"AbortSignal">;
type Bytes = ArrayBufferLike | DataView | Integers | Float32Array | Float64Array;
type Integers = SmallIntegers | Int32Array | Uint32Array | BigInt64Array | BigUint64Array;
type SmallIntegers = Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array;
type Headers = typeof globalThis extends { Headers: new (init?: infer Init) => unknown }
  ? Init
  : Readonly<Record<string, string>>;
/** A Buffer, where its types are loaded: it is an Uint8Array with more methods. */
type Binary = typeof globalThis extends { Buffer: { alloc(size: number): infer Instance } }
  ? Instance
  : Uint8Array;
type MaybePromise<T> = T | Promise<T>;

/** Which worker a hook runs in. */
export interface WorkerContext {
  /** The generation of the worker: 0 at the start of the server, and one more at each reload. */
  readonly generation: number;
  /** The number of the worker. It is never used again, not even for the one that replaces it. */
  readonly worker: number;
  /**
   * The place of the worker among those of its generation, from 0 to the number of workers less 1.
   * The worker that replaces this one gets the same.
   */
  readonly slot: number;
  /**
   * Whether this worker is the leader now: at most one worker of the server is, one of the
   * generation that serves. It changes, so ask for it each time, before doing what is to be done
   * once; a copy of it, as `({ isLeader })` makes, is of no use. In `startup` it is false: a worker
   * can be the leader when it serves.
   */
  readonly isLeader: boolean;
}

/** What `startup` and `shutdown` are called with. */
export interface Context extends WorkerContext {
  /** When pounce stops waiting for the hook. */
  readonly deadline: Date;
  /** Aborted at the deadline: pass it to `fetch` and the like. */
  readonly signal: Abort;
}

/** What `startup` is called with. Its deadline is `startup_timeout` after the worker's start. */
export type StartupContext = Context;

/**
 * What `shutdown` is called with. Its deadline is `reload_timeout` after the beginning of the
 * drain; at a stop, `shutdown_timeout`.
 */
export interface ShutdownContext extends Context {
  readonly reason: ShutdownReason;
}

/** What `leader` is called with. */
export interface LeaderContext extends WorkerContext {
  /**
   * Aborted when the worker is no longer the leader, before another one becomes it. Its `reason` is
   * an `AbortError` that says why.
   */
  readonly signal: Abort;
}

/**
 * Why a worker drains:
 * - `"reload"`: a new version has taken over;
 * - `"stop"`: the server stops, or is scaled down;
 * - `"recycle"`: another worker of the same version replaces this one;
 * - `"rollback"`: its version was rejected while it was rolled out, and the old one goes on.
 */
export type ShutdownReason = "reload" | "stop" | "recycle" | "rollback";

/**
 * Runs in each worker after the app was loaded and before the worker listens; it is awaited. If it
 * throws, or takes longer than `startup_timeout`, the version is rejected and the old one serves
 * on.
 *
 * ```ts
 * export const startup: Startup = async ({ signal }) => database.connect({ signal });
 * ```
 */
export type Startup = (context: StartupContext) => unknown;

/**
 * Runs in each worker when its drain begins, beside the requests that are still in flight. pounce
 * waits for it until the deadline; what it throws is only logged.
 *
 * ```ts
 * export const shutdown: Shutdown = async ({ reason }) => queue.stopTaking(reason);
 * ```
 */
export type Shutdown = (context: ShutdownContext) => unknown;

/**
 * Runs in one worker of the generation that serves, for what is to be done once: timers, queues,
 * cron jobs. It is called when the worker becomes the leader, which may happen again later, and in
 * any worker. It should stop when its signal is aborted; another worker becomes the leader when it
 * has returned, at the latest a second later. What it throws counts as an error outside a request,
 * see `respawn.uncaught`.
 *
 * ```ts
 * export const leader: Leader = ({ signal }) => {
 *   const timer = setInterval(sendReminders, 60_000);
 *   signal.addEventListener("abort", () => clearInterval(timer));
 * };
 * ```
 */
export type Leader = (context: LeaderContext) => unknown;

/**
 * Answers a request. It returns nothing when it has upgraded the connection to a WebSocket. What it
 * throws is answered with 500, or by the app's `error`.
 * @typeParam Data what `server.upgrade` gives to a WebSocket
 */
export type Fetch<Data = undefined> = App<Data>["fetch"];

/**
 * An app as an object: `export default { … } satisfies App`. A Hono, Elysia or H3 app is one too.
 * The address (`port`, `hostname`, `unix`, `tls`) and `idleTimeout` are not the app's: pounce.toml
 * decides them.
 * @typeParam Data what `server.upgrade` gives to a WebSocket
 */
export interface App<Data = undefined> {
  /** Answers every request that no route answers. */
  fetch(
    request: Global<"Request">,
    server: Server<Data>,
  ): MaybePromise<Global<"Response"> | undefined>;
  /** Answers by path, without `fetch`. */
  routes?: Routes<Data> | undefined;
  /** Handles WebSockets. */
  websocket?: WebSocketHandler<Data> | undefined;
  /** Answers a request whose handler has thrown. */
  error?(error: Error): MaybePromise<Global<"Response"> | undefined | void>;
  /** In bytes; larger bodies are answered with 413. Wins over `limits.max_request_size`. */
  maxRequestBodySize?: number | undefined;
  startup?(context: StartupContext): unknown;
  shutdown?(context: ShutdownContext): unknown;
  leader?(context: LeaderContext): unknown;
}

/** What makes an app, for `app = "./app.ts:createApp()"`. It gets no arguments. */
export type AppFactory<Data = undefined> = () => MaybePromise<App<Data> | Fetch<Data>>;

/**
 * Answers by path: `/`, `/users/:id`, `/files/*`.
 * @typeParam Data what `server.upgrade` gives to a WebSocket
 */
export interface Routes<Data = undefined> {
  [path: string]: Route<Data>;
}

/**
 * What a path is answered with: a handler, or one for each method; a response or file that is
 * always the same; an HTML import. `false` leaves the path to `fetch`.
 */
export type Route<Data = undefined> =
  | RouteHandler<Data>
  | { readonly [M in Method]?: RouteHandler<Data> | Global<"Response"> | undefined }
  | Global<"Response">
  | Global<"Blob">
  | { readonly index: string }
  | false;

type Method = "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS";

/** Answers the requests of a route. */
export type RouteHandler<Data = undefined> = {
  // A method, so that a handler may ask for the parameters of its own path.
  handle(
    request: RouteRequest,
    server: Server<Data>,
  ): MaybePromise<Global<"Response"> | undefined | void>;
}["handle"];

/** The request that a route's handler gets. */
export type RouteRequest = Global<"Request"> & {
  /** What stood in the place of `:name` in the route's path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The request's cookies. Changes to them are sent with the response. */
  readonly cookies: Cookies;
};

/** The cookies of a request, by name. */
export interface Cookies {
  get(name: string): string | null;
  has(name: string): boolean;
  set(name: string, value: string): void;
  delete(name: string): void;
}

/**
 * The server that handlers get: Bun's own. Its methods `stop` and `reload` are left out here: a
 * server of pounce stops and reloads by signals and commands.
 * @typeParam Data what `upgrade` gives to a WebSocket
 */
export interface Server<Data = undefined> {
  /**
   * Makes the request's connection a WebSocket, whose `data` is then what was given. `headers` are
   * added to the answer.
   * @returns false: the request did not ask for a WebSocket; it must be answered
   */
  upgrade(
    request: Global<"Request">,
    ...options: [Data] extends [undefined]
      ? [options?: { headers?: Headers; data?: undefined }]
      : [options: { headers?: Headers; data: Data }]
  ): boolean;
  /**
   * Sends to all WebSockets of this worker that have subscribed to the topic; not to those of other
   * workers.
   * @returns how many bytes were sent; 0: the message was dropped; -1: it waits for a slow client
   */
  publish(topic: string, data: string | Bytes, compress?: boolean): number;
  /** How many WebSockets of this worker have subscribed to the topic. */
  subscriberCount(topic: string): number;
  /** The address of the client; null: the connection has gone, or is a Unix socket. */
  requestIP(
    request: Global<"Request">,
  ): { readonly address: string; readonly family: "IPv4" | "IPv6"; readonly port: number } | null;
  /**
   * Sets how long the request's connection may be idle, for a long poll or a slow stream.
   * @param seconds 0: forever
   */
  timeout(request: Global<"Request">, seconds: number): void;
  /** How many requests are in flight in this worker. */
  readonly pendingRequests: number;
  /** How many WebSockets are open in this worker. */
  readonly pendingWebSockets: number;
  readonly url: Global<"URL">;
  /** The real port; undefined: the server listens on a Unix socket. */
  readonly port: number | undefined;
  readonly hostname: string | undefined;
}

/**
 * Handles the WebSockets of an app.
 * @typeParam Data what `server.upgrade` gave to the WebSocket
 */
export interface WebSocketHandler<Data = undefined> {
  open?(ws: ServerWebSocket<Data>): MaybePromise<void>;
  /**
   * Called in place of `open` for a connection that was open in the version before this one, see
   * `websocket.on_reload`. Its `ws.data` is what `server.upgrade` has given it here; the client has
   * not noticed anything. Left out: `open` is called.
   * @param previous what `ws.data` was there, as far as it could be copied: no functions
   */
  resume?(ws: ServerWebSocket<Data>, previous: unknown): MaybePromise<void>;
  /** @param message a string for a text message */
  message?(ws: ServerWebSocket<Data>, message: string | Binary): MaybePromise<void>;
  /** What waited for a slow client has been sent: more can be. */
  drain?(ws: ServerWebSocket<Data>): MaybePromise<void>;
  /**
   * @param code 1012, or what `websocket.close_code` says: pounce has closed it, because its worker
   *   is replaced; 1001: the server stops
   */
  close?(ws: ServerWebSocket<Data>, code: number, reason: string): MaybePromise<void>;
  ping?(ws: ServerWebSocket<Data>, data: Binary): MaybePromise<void>;
  pong?(ws: ServerWebSocket<Data>, data: Binary): MaybePromise<void>;
  /** In bytes; a longer message closes the connection. Default: 16 MiB. */
  maxPayloadLength?: number;
  /** How many bytes may wait for a slow client. Default: 16 MiB. */
  backpressureLimit?: number;
  /** Whether to close the connection of a client that is slower than that. Default: false. */
  closeOnBackpressureLimit?: boolean;
  /** Seconds without a message after which the connection is closed. Default: 120. */
  idleTimeout?: number;
  /** Whether `ws.publish` also sends to `ws`. Default: false. */
  publishToSelf?: boolean;
  /** Whether idle clients are pinged, which keeps the connection open. Default: true. */
  sendPings?: boolean;
  /** Whether messages may be compressed. Default: false. */
  perMessageDeflate?: boolean | { compress?: Compressor; decompress?: Compressor };
}

type Compressor = boolean | "disable" | "shared" | "dedicated" | Window;
type Window = "3KB" | "4KB" | "8KB" | "16KB" | "32KB" | "64KB" | "128KB" | "256KB";

/**
 * The server's end of a WebSocket. What `send` and the like return is how many bytes were sent; 0:
 * the message was dropped, as the connection has gone; -1: it waits for a slow client.
 * @typeParam Data what `server.upgrade` gave to it
 */
export interface ServerWebSocket<Data = undefined> {
  /** What `server.upgrade` gave to it. */
  data: Data;
  /** The address of the client. */
  readonly remoteAddress: string;
  /** 0: connecting, 1: open, 2: closing, 3: closed. */
  readonly readyState: 0 | 1 | 2 | 3;
  /** The topics that it has subscribed to. */
  readonly subscriptions: string[];
  /** How binary messages arrive. Default: `"nodebuffer"`, a Buffer. */
  binaryType?: "nodebuffer" | "arraybuffer" | "uint8array" | "blob";
  send(data: string | Bytes, compress?: boolean): number;
  sendText(data: string, compress?: boolean): number;
  sendBinary(data: Bytes, compress?: boolean): number;
  ping(data?: string | Bytes): number;
  pong(data?: string | Bytes): number;
  /** @param code by default 1000, a normal end */
  close(code?: number, reason?: string): void;
  /** Cuts the connection off, without a close frame. */
  terminate(): void;
  subscribe(topic: string): boolean;
  unsubscribe(topic: string): boolean;
  isSubscribed(topic: string): boolean;
  /** Sends to all others of this worker that have subscribed to the topic. */
  publish(topic: string, data: string | Bytes, compress?: boolean): number;
  publishText(topic: string, data: string, compress?: boolean): number;
  publishBinary(topic: string, data: Bytes, compress?: boolean): number;
  /** Sends together what is sent within `callback`. */
  cork<R>(callback: (ws: ServerWebSocket<Data>) => R): R;
  /** How many bytes wait for a slow client. */
  getBufferedAmount(): number;
}
