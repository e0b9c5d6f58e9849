// How workers get the server's addresses, which depends on the system: either the kernel shares an
// address among listeners, or one worker listens at a time. Everything that the rules ask about it
// is here; `sharingOf` says which of the two it is.

import type { Generation, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";

export interface Sharing {
  /** Why no second worker can serve, for people; `undefined`: there can be any number. */
  readonly oneWorkerOnly: string | undefined;
  /** Why no successor can serve beside this server, for people; `undefined`: one can. */
  readonly oneServerOnly: string | undefined;
  /** Whether workers can have links to each other, see rules/links.ts. */
  readonly hasLinks: boolean;
  /** Whether a worker that is ready can be told to bind again. */
  readonly bindsAgain: boolean;
  /** Where the server listens, or has listened until now. */
  addresses(state: State): readonly string[];
  /** The generation that gets a new worker when one is lost. */
  generationToFill(state: State): Generation | undefined;
  /** The worker that binds next; `undefined`: none for now. */
  nextToBind(state: State, now: number): Worker | undefined;
  /** Whether clients are refused until this worker listens. */
  isAwaited(state: State, worker: Worker): boolean;
  /** A new generation is about to start. */
  onRolloutBegins(turn: Turn): void;
  /** The worker has the bind lock, and is about to hear so. */
  onBindGranted(turn: Turn, worker: Worker): void;
  /** A ready worker could not bind again. Returns false if it should not have tried. */
  onBindFailed(turn: Turn, worker: Worker, reason: string): boolean;
  /** Makes listeners that should take no new connections leave, step by step. */
  moveListeners(turn: Turn): void;
  /** Makes new connections go where the state wants them; called whenever that may have changed. */
  settle(turn: Turn): void;
  /** The times at which listeners must be looked at. */
  deadlines(state: State): number[];
  /** Acts on a deadline of the worker's listeners, if it has come. */
  expire(turn: Turn, worker: Worker): void;
}
