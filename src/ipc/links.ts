// The ends of links between workers, as the master makes them and sends them over the channel that
// listeners come over otherwise. Both descriptors of an end are in one packet with the number of
// the peer: either all of it arrives or nothing, and a message that was lost leaves no doubt about
// which descriptors are whose.
import { SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_SEQPACKET, SOCK_STREAM } from "../os/constants.ts";
import { closeDescriptor, receivePacket, sendPacket, socketPair } from "../os/descriptors.ts";

/** One end: a stream of messages, and packets with a descriptor each. */
export interface LinkEnd {
  readonly stream: number;
  readonly descriptors: number;
}

const FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC;

/** Makes both ends. Throws `SystemError`. */
export function makeLink(): readonly [LinkEnd, LinkEnd] {
  const streams = socketPair(SOCK_STREAM | FLAGS);
  try {
    const packets = socketPair(SOCK_SEQPACKET | FLAGS);
    return [
      { stream: streams[0], descriptors: packets[0] },
      { stream: streams[1], descriptors: packets[1] },
    ];
  } catch (error) {
    for (const descriptor of streams) closeDescriptor(descriptor);
    throw error;
  }
}

/** Listeners come with 0. */
const tagOf = (peer: number): number => peer + 1;

/** Sends duplicates of an end to a worker. Throws `SystemError`. */
export function sendLink(channel: number, peer: number, { stream, descriptors }: LinkEnd): void {
  sendPacket(channel, tagOf(peer), [stream, descriptors]);
}

/** Takes the end of the link to that peer. Throws if it has not come. */
export function takeLink(channel: number, peer: number): LinkEnd {
  for (let got = receivePacket(channel); got !== undefined; got = receivePacket(channel)) {
    const [stream, descriptors] = got.descriptors;
    if (got.tag === tagOf(peer) && stream !== undefined && descriptors !== undefined) {
      return { stream, descriptors };
    }
    for (const descriptor of got.descriptors) closeDescriptor(descriptor);
  }
  throw new Error(`the master has sent no link to worker ${peer}`);
}
