// What stands between a WebSocket of Bun and the app, where the app does not see that itself: on
// node:http, one of `ws`. It moves together with it.
import type { Closable } from "./closable.ts";
import type { CallHeader } from "./messages.ts";
import type { PassOn } from "./moved.ts";

export interface Outer {
  /** What can be asked to end. */
  readonly closable: Closable;
  /** Whether it must not move now. */
  readonly isBusy: boolean;
  /** Whether the app hears messages of it: some begin to listen late. */
  readonly isHeard: boolean;
  /** Whether it is served by somebody else. */
  readonly hasMoved: boolean;
  /** From now on it is served by somebody else: the app does not hear of what ends here. */
  noteMoved(passOn: PassOn): void;
  /** Nobody serves it any more: the app hears that it was closed. */
  noteClosed(code: number, reason: string): void;
  /** Does what the old code has called. */
  call(call: CallHeader, data: Uint8Array): void;
}
