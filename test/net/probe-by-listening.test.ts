// Whether an address is free, found out by listening on it.
import { expect, test } from "bun:test";
import { probeByListening } from "../../src/net/probe-by-listening.ts";

test("an address that somebody listens on is in use, even by one who would share it", () => {
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    reusePort: true,
    fetch: () => new Response(),
  });
  const address = { host: "127.0.0.1", port: server.port ?? 0 };
  expect(probeByListening(address)).toBe("EADDRINUSE");
  void server.stop(true);
  expect(probeByListening(address)).toBeUndefined();
  // Nothing of the probe is left.
  expect(probeByListening(address)).toBeUndefined();
});

test("an address of another machine cannot be had", () => {
  expect(probeByListening({ host: "192.0.2.1", port: 1 })).toBe("EADDRNOTAVAIL");
});
