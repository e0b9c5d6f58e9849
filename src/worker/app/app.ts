// What an app is to the rest of a worker, whatever the shape of its export.
import type { DrainReason } from "../../core/effects.ts";
import type { Context, LeaderContext } from "../../types.ts";
import type { Fetch } from "../http/layer.ts";
import type { NodeHandler, NodeHandlerOptions } from "../node/node-handler.ts";
import type { CapturedServer } from "../program/captured-server.ts";

/**
 * Takes an error that the app's framework has answered, and its request. Returns what it should
 * answer instead, if anything.
 */
export type TellError = (error: unknown, request: Request) => Response | undefined;

/** The argument of the app's hooks. */
export interface HookContext extends Context {
  readonly reason?: DrainReason;
}

/** The names under which an app exports its hooks. */
export const HOOKS = ["startup", "shutdown", "leader"] as const;

export type Hook = (context: HookContext) => unknown;

export type LeaderHook = (context: LeaderContext) => unknown;

/** An app, whatever its shape was. */
export interface App {
  readonly fetch: Fetch;
  /**
   * The rest of Bun's own default export: `routes`, `websocket`, `error`, `maxRequestBodySize`, …
   */
  readonly options: Readonly<Record<string, unknown>>;
  readonly startup: Hook | undefined;
  readonly shutdown: Hook | undefined;
  readonly leader: LeaderHook | undefined;
  /** The file that was loaded. */
  readonly file: string;
  /** What kind of app it is, in words. */
  readonly shape: string;
  /** Warnings for the log. */
  readonly notes: readonly string[];
  /** Lines for the log that warn of nothing. Left out: none. */
  readonly remarks?: readonly string[];
  /**
   * Reports the errors that its framework answers, see hono-errors.ts; undefined: they arrive
   * without help.
   */
  readonly tellErrors?: ((tell: TellError) => void) | undefined;
  /** The server that the program has started, and looks at; undefined: it exports an app. */
  readonly captured?: CapturedServer | undefined;
  /** That one asks for none of our ports, nor does any other. Left out: no. */
  readonly isElsewhere?: boolean;
  /** Answers in place of `fetch`, if that is a server of node:http. */
  readonly node?: ((options: NodeHandlerOptions) => NodeHandler) | undefined;
}
