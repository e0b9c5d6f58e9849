// The servers of a worker that listens while no other does: Bun's own, without a system call.
import { afterEach, expect, test } from "bun:test";
import { formatAddress } from "../../../src/net/address.ts";
import { SoloServers } from "../../../src/worker/solo/servers.ts";
import { handlerOptions } from "../../helpers/handler-options.ts";

const ANYWHERE = { host: "127.0.0.1", port: 0 };
const begun: SoloServers[] = [];

afterEach(() => {
  for (const servers of begun.splice(0)) servers.stop(true);
});

/** Servers of an app that answers "/" at once, and all else when `late` resolves. */
function listening() {
  const late = Promise.withResolvers<Response>();
  const asked = Promise.withResolvers<void>();
  const fetch = (request: Request): Response | Promise<Response> => {
    if (new URL(request.url).pathname === "/") return new Response("now");
    asked.resolve();
    return late.promise;
  };
  const servers = new SoloServers(handlerOptions(fetch), 5000);
  begun.push(servers);
  const { address } = servers.bind(ANYWHERE);
  const url = `http://${formatAddress(address)}`;
  return { servers, address, name: formatAddress(address), url, late, asked: asked.promise };
}

test("what is in flight when an address is released is answered, and marked", async () => {
  const { servers, name, url, late, asked } = listening();
  const answer = fetch(`${url}/late`);
  await asked;
  servers.release(name);
  expect(servers.addresses).toEqual([]);
  expect(servers.isDone).toBe(false);
  await expect(fetch(url)).rejects.toThrow();
  late.resolve(new Response("late"));
  const response = await answer;
  expect(response.headers.get("connection")).toBe("close");
  expect(await response.text()).toBe("late");
  while (!servers.isDone) await Bun.sleep(1);
});

test("an address that was released can be listened on again, by answers without a mark", async () => {
  const { servers, address, name, url } = listening();
  servers.release(name);
  expect(servers.bind(address)).toEqual({ address });
  const response = await fetch(url);
  expect(await response.text()).toBe("now");
  expect(response.headers.get("connection")).not.toBe("close");
});

test("an address that somebody else has cannot be bound", () => {
  const { address } = listening();
  expect(() => listening().servers.bind(address)).toThrow();
});

test("requests that have no answer when the time is up get 503", async () => {
  const { servers, url, asked } = listening();
  const answer = fetch(`${url}/late`);
  await asked;
  servers.refuseRequests();
  expect((await answer).status).toBe(503);
});
