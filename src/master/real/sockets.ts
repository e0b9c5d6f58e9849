// Listening sockets of the real kernel.
import { isUnix, parseAddress } from "../../net/address.ts";
import { listenShared, releaseClaim } from "../../net/claim.ts";
import { divert } from "../../net/diversion.ts";
import { dropNewHandshakes, steer } from "../../net/filters.ts";
import { inheritedSocket, keepInherited } from "../../net/inherited.ts";
import { reservePort } from "../../net/shared-port.ts";
import { choosePortByListening } from "../../net/shared-port-by-listening.ts";
import { acceptAtOnce, acceptWithData } from "../../net/socket-options.ts";
import { hasSynCookies } from "../../net/syn-cookies.ts";
import { takePath } from "../../net/unix-claim.ts";
import { isAbstract } from "../../net/unix-address.ts";
import { permit, restore, withdraw } from "../../net/unix-listener.ts";
import { makeLink } from "../../ipc/links.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import { refused } from "../../os/refusal.ts";
import { here } from "../../platform.ts";
import { pathTaken } from "../plan/path-in-use.ts";
import type { ListenerSockets } from "../surroundings.ts";

export const realSockets: ListenerSockets = {
  steer,
  dropNewHandshakes,
  acceptWithData: (descriptor) => {
    if (hasSynCookies()) acceptWithData(descriptor);
  },
  acceptAtOnce,
  divert,
  keepInherited,
  takeClaim: (address) => {
    const inherited = inheritedSocket(address);
    if (inherited !== undefined) return inherited;
    const at = parseAddress(address);
    if (!isUnix(at)) return listenShared(at);
    const taken = isAbstract(at.path) ? undefined : pathTaken(at);
    if (taken !== undefined) throw refused(taken, "EADDRINUSE");
    return takePath(at.path);
  },
  withdraw: (descriptor, address) => {
    const at = parseAddress(address);
    if (isUnix(at)) withdraw(descriptor, at.path);
    else dropNewHandshakes(descriptor);
  },
  permit,
  restorePath: (descriptor, address) => {
    const at = parseAddress(address);
    if (isUnix(at)) restore(descriptor, at.path);
  },
  close: closeDescriptor,
  link: makeLink,
  releaseClaim,
  reservePort: here.hasLibc ? reservePort : choosePortByListening,
};
