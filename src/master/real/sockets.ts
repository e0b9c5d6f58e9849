// Listening sockets of the real kernel.
import { releaseClaim } from "../../net/claim.ts";
import { divert } from "../../net/diversion.ts";
import { dropNewHandshakes, steer } from "../../net/filters.ts";
import { reservePort } from "../../net/shared-port.ts";
import { choosePortByListening } from "../../net/shared-port-by-listening.ts";
import { acceptAtOnce, acceptWithData } from "../../net/socket-options.ts";
import { hasSynCookies } from "../../net/syn-cookies.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import { here } from "../../platform.ts";
import type { ListenerSockets } from "../surroundings.ts";

export const realSockets: ListenerSockets = {
  steer,
  dropNewHandshakes,
  acceptWithData: (descriptor) => {
    if (hasSynCookies()) acceptWithData(descriptor);
  },
  acceptAtOnce,
  divert,
  close: closeDescriptor,
  releaseClaim,
  reservePort: here.hasLibc ? reservePort : choosePortByListening,
};
