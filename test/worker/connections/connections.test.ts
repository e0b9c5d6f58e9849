// Which connections a worker has, and how little it asks the kernel to know whether any is left.
import { expect, spyOn, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { openDescriptors } from "../../../src/os/open-descriptors.ts";
import { Connections } from "../../../src/worker/connections/connections.ts";
import { WebSockets } from "../../../src/worker/connections/websockets.ts";
import { AllInFlight } from "../../../src/worker/requests/in-flight.ts";
import { Outcomes } from "../../../src/worker/requests/outcome.ts";
import { until } from "../../helpers/until.ts";

const inFlight = new AllInFlight({ requestIP: () => null, pendingRequests: 0 }, () => undefined);

async function served(work: (port: number, open: Connections) => Promise<void>): Promise<void> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const open = new Connections(inFlight, new WebSockets(new Outcomes()));
  open.add({ host: "127.0.0.1", port }, 0, undefined);
  try {
    await work(port, open);
  } finally {
    server.close();
  }
}

function opened(port: number, count: number): Promise<Socket[]> {
  const one = (): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket));
    });
  return Promise.all(Array.from({ length: count }, one));
}

test("that some are left costs one question, however many there are", () =>
  served(async (port, open) => {
    const clients = await opened(port, 20);
    await until("all are accepted", () => open.all().length === 20);
    const asked = spyOn(open, "has");
    expect(open.any).toBe(true);
    expect(asked).toHaveBeenCalledTimes(1);
    for (const client of clients.slice(0, 19)) client.destroy();
    await until("the others are closed", () => open.all().length === 1);
    expect(open.any).toBe(true);
    clients.at(-1)?.destroy();
    await until("none is left", () => !open.any);
  }));

test("one that was accepted since the latest look is found when the others are gone", () =>
  served(async (port, open) => {
    const [first] = await opened(port, 1);
    await until("one is accepted", () => open.any);
    const [second] = await opened(port, 1);
    first?.destroy();
    const looked = spyOn(open, "all");
    await until("only the second is left", () => open.any && looked.mock.calls.length > 0);
    second?.destroy();
    await until("none is left", () => !open.any);
  }));

test("how many there are is told by the number of descriptors since the latest look", () =>
  served(async (port, open) => {
    const clients = await opened(port, 5);
    await until("all are accepted", () => open.all().length === 5);
    expect(open.about).toBe(5);
    const file = openSync("/dev/null", "r");
    // Where the kernel does not tell the number, all are looked at.
    expect(open.about).toBe(openDescriptors() === undefined ? 5 : 6);
    closeSync(file);
    for (const client of clients) client.destroy();
    await until("none is left", () => open.about === 0);
  }));

test("in parts they are the same, whatever else is opened meanwhile", () =>
  served(async (port, open) => {
    const clients = await opened(port, 300);
    await until("all are accepted", () => open.all().length === 300);
    const all = open.all();
    const files: number[] = [];
    const pause = async (): Promise<void> => void files.push(openSync("/dev/null", "r"));
    const inParts = await open.allInParts((fd) => fd === all[0], pause);
    expect(inParts.toSorted()).toEqual(all.toSorted());
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) closeSync(file);
    for (const client of clients) client.destroy();
    await until("none is left", () => open.all().length === 0);
  }));
