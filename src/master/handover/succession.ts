// How a master stands between the one before it and the one after.
import type { Predecessor } from "./predecessor.ts";
import type { ServiceManager } from "../host/service-manager.ts";

export interface Succession {
  /** The master that this one takes over from. */
  readonly predecessor: Predecessor | undefined;
  /** The server is this process's: from the start, or when it has taken it over. */
  readonly onServer: () => void;
  /** The server is the process `pid`'s. The place to tell a supervisor so. */
  readonly onHandedOver: (pid: number) => void;
  /** The service manager that waits to hear of the server, if there is one. */
  readonly manager: ServiceManager | undefined;
}
