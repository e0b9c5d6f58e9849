// A server of HTTP/2 without TLS that does to each request what a test says, frame by frame.
import type { Socket } from "bun";
import { type H2Act, H2Peer } from "./h2-peer.ts";

/** @param act called for each request */
export function h2Server(act: H2Act) {
  const peers = new WeakMap<Socket, H2Peer>();
  let connections = 0;
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        connections += 1;
        peers.set(socket, new H2Peer(socket, connections, act));
      },
      data: (socket, bytes) => peers.get(socket)?.receive(bytes),
    },
  });
  return { port: server.port, [Symbol.dispose]: () => server.stop(true) };
}
