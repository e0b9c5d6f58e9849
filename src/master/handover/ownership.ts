// Whether a master has the server, and who is to know.
import type { Predecessor } from "./predecessor.ts";
import type { ServiceManager } from "../host/service-manager.ts";

export interface Ownership {
  /** The master that this one takes over from. */
  readonly predecessor: Predecessor | undefined;
  /** The server is this process's: from the start, or when it has taken it over. */
  readonly onServer: () => void;
  /** The server is the process `pid`'s. The place to tell a supervisor so. */
  readonly onHandedOver: (pid: number) => void;
  /** The service manager that waits to hear of the server, if there is one. */
  readonly manager: ServiceManager | undefined;
}
