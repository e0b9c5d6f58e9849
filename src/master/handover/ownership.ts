// Whether a master has the server, and who is to know.
import type { State } from "../../core/state.ts";
import type { Predecessor } from "./predecessor.ts";

export interface Ownership {
  /** The master that this one takes over from. */
  readonly predecessor: Predecessor | undefined;
  /** The server is this process's: from the start, or when it has taken it over. */
  readonly onServer: () => void;
  /** The server is the process `pid`'s. The place to tell a supervisor so. */
  readonly onHandedOver: (pid: number) => void;
  /** How things stand after each turn of the control loop, for who waits to hear of the server. */
  readonly onTurn: (state: State) => void;
}
