// A claimed address becomes the listening socket that all workers share.
import { describe, expect, test } from "bun:test";
import { claimAddress, listenShared, releaseClaim } from "../../src/net/claim.ts";
import { formatAddress } from "../../src/net/address.ts";
import { isListening } from "../../src/net/socket-options.ts";
import { steeringProblem } from "../../src/net/steering.ts";
import { closeDescriptor } from "../../src/os/descriptors.ts";
import { descriptors } from "../../src/os/open-descriptors.ts";
import { here } from "../../src/platform.ts";
import { freePort } from "../helpers/ports.ts";

describe.if(here.hasLibc)("a shared listening socket", () => {
  test.each([true, false])("accepts at its address, claimed: %p", async (isClaimed) => {
    const address = { host: "127.0.0.1", port: freePort() };
    if (isClaimed) expect(claimAddress(address)).toBeUndefined();
    const before = descriptors().length;
    const socket = listenShared(address);
    expect(isListening(socket)).toBe(true);
    expect(descriptors().length).toBe(before + (isClaimed ? 0 : 1));
    // The claim is the socket: it cannot be given up any more.
    releaseClaim(formatAddress(address));
    const client = await Bun.connect({ ...at(address.port), socket: { data: () => undefined } });
    client.end();
    closeDescriptor(socket);
  });

  test("is not made where another server listens", () => {
    const server = Bun.listen({ ...at(0), socket: { data: () => undefined } });
    expect(() => listenShared({ host: "127.0.0.1", port: server.port })).toThrow("EADDRINUSE");
    server.stop(true);
  });

  test("to look whether the kernel steers leaves nothing behind", () => {
    const before = descriptors();
    steeringProblem();
    expect(descriptors()).toEqual(before);
  });
});

function at(port: number): { readonly hostname: string; readonly port: number } {
  return { hostname: "127.0.0.1", port };
}
