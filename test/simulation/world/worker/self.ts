// What the parts of a simulated worker have of it, and of each other.

import type { FromWorker } from "../../../../src/ipc/messages.ts";
import type { Fate, Outcome } from "../fate.ts";
import type { Acceptor } from "../shared-kernel.ts";
import type { Inhabitant, Stage, World } from "../world.ts";
import type { Home } from "./home.ts";
import type { EventLoop } from "./loop.ts";

export interface Self extends Inhabitant, Acceptor {
  readonly id: number;
  readonly fate: Fate;
  readonly master: Home;
  readonly world: World;
  readonly loop: EventLoop;
  stage: Stage;
  loaded: number | undefined;
  say(message: FromWorker): void;
  after(delayMs: number, act: () => void): void;
  fail(what: string): void;
  hang(forMs?: number): void;
  end(): void;
  /** Says that it has nothing left to do, if that is so. */
  tellIdle(): void;
  readonly leadership: { resign(): void };
  readonly listening: { readonly accepts: boolean; acceptWaiting(): void; leave(): void };
  readonly connections: {
    readonly count: number;
    served: number;
    lookSoon(): void;
    takeAllSoon(): void;
    takeAll(): void;
  };
  readonly startup: {
    outcome(outcome: Outcome, what: string, succeed: () => void): void;
    becomeReady(): void;
  };
}
