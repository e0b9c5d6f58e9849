// What is passed to the kernel by address must not be collected before the kernel has read it.
import { expect, test } from "bun:test";
import { localPort } from "../../src/net/address.ts";
import {
  closeDescriptor,
  descriptorChannel,
  receiveDescriptor,
  sendDescriptor,
} from "../../src/os/descriptors.ts";
import { KernelGroup } from "./kernel-group.ts";

test("descriptors arrive, and programs take hold, while memory is collected all the time", async () => {
  const [left, right] = descriptorChannel();
  const group = new KernelGroup();
  const [first, second] = [group.open(), group.open()];
  for (let round = 0; round < 2000; round++) {
    // Fills what was freed, so that a stale address would be seen.
    for (let count = 0; count < 20; count++) new Uint8Array(24).fill(255);
    if (round % 50 === 0) Bun.gc(true);
    sendDescriptor(right, left);
    const received = receiveDescriptor(left);
    expect(received).toBeGreaterThan(0);
    expect(localPort(received ?? -1)).toBeUndefined();
    closeDescriptor(received ?? -1);
    group.steer([round % 2]);
    if (round % 200 < 2) expect(await group.probe()).toBe(round % 2 === 0 ? first : second);
  }
  group.dispose();
  for (const fd of [left, right]) closeDescriptor(fd);
}, 30_000);
