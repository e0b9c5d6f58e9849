// A port that is free on several addresses.
import { expect, spyOn, test } from "bun:test";
import * as address from "../../src/net/address.ts";
import { probeAddress } from "../../src/net/probe.ts";
import { reservePort } from "../../src/net/shared-port.ts";
import { choosePortByListening } from "../../src/net/shared-port-by-listening.ts";

const HOSTS = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];

test("a port is free on all addresses, and nobody else gets it before it is released", () => {
  const { port, release } = reservePort(HOSTS);
  for (const host of HOSTS) expect(probeAddress({ host, port })).toBe("EADDRINUSE");
  release();
  for (const host of HOSTS) expect(probeAddress({ host, port })).toBeUndefined();
  expect(choosePortByListening(HOSTS).port).toBeGreaterThan(0);
});

test("a port that somebody has on another address is not taken: the next choice is", () => {
  const other = Bun.listen({ hostname: "127.0.0.3", port: 0, socket: { data: () => undefined } });
  // The kernel chooses for the first address; here it chooses the taken port twice.
  const chosen = spyOn(address, "localPort").mockReturnValueOnce(other.port);
  chosen.mockReturnValueOnce(other.port);
  const { port, release } = reservePort(HOSTS);
  expect(chosen).toHaveBeenCalledTimes(3);
  expect(port).not.toBe(other.port);
  release();
  chosen.mockReturnValue(other.port);
  expect(() => reservePort(HOSTS)).toThrow(`${other.port} is taken on 127.0.0.3`);
  chosen.mockRestore();
  other.stop(true);
});
