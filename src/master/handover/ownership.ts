// Whether a master has the server, and who learns of it.
import type { State } from "../../core/state.ts";
import type { Predecessor } from "./predecessor.ts";

export interface Ownership {
  /** The master that this one takes over from. */
  readonly predecessor: Predecessor | undefined;
  /** The server belongs to this process: from the start, or once it has taken it over. */
  readonly onServer: () => void;
  /** The server belongs to process `pid`. This is where to tell a supervisor so. */
  readonly onHandedOver: (pid: number) => void;
  /** The state after each turn of the control loop, for parts that wait for the server. */
  readonly onTurn: (state: State) => void;
}
