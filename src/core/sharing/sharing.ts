// How workers have the server's addresses, where systems differ: either the kernel shares an
// address among listeners, or one worker listens at a time. All that the rules ask of it is here;
// `sharingOf` says which of the two it is.

import type { Generation, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";

export interface Sharing {
  /** Why no second worker can serve, for people; `undefined`: as many as are wanted can. */
  readonly oneWorkerOnly: string | undefined;
  /** Why no successor can serve beside this server, for people; `undefined`: one can. */
  readonly oneServerOnly: string | undefined;
  /** Whether a worker that is ready can be told to bind again. */
  readonly bindsAgain: boolean;
  /** Where the server listens, or has done so up to now. */
  addresses(state: State): readonly string[];
  /** The generation of which a lost worker's slot is filled again. */
  generationToFill(state: State): Generation | undefined;
  /** The worker that is to bind next; `undefined`: nobody, for now. */
  nextToBind(state: State, now: number): Worker | undefined;
  /** Whether clients are refused until this worker listens. */
  isAwaited(state: State, worker: Worker): boolean;
  /** A new generation is about to begin. */
  onRolloutBegins(turn: Turn): void;
  /** The worker has the bind lock, and is about to be told so. */
  onBindGranted(turn: Turn, worker: Worker): void;
  /** A worker that is ready could not bind again. False: it was not to. */
  onBindFailed(turn: Turn, worker: Worker, reason: string): boolean;
  /** Has listeners that are to take no new connections leave, step by step. */
  moveListeners(turn: Turn): void;
  /** Has new connections go where the state wants them; called whenever it may have changed. */
  settle(turn: Turn): void;
  /** The times at which listeners have to be looked at. */
  deadlines(state: State): number[];
  /** Acts on a deadline of the worker's listeners, if it has come. */
  expire(turn: Turn, worker: Worker): void;
}
