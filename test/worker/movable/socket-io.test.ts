// The requests of socket.io's sessions: what a new version is asked by, and what is heard over HTTP.
import { expect, test } from "bun:test";
import type { Fetch } from "../../../src/worker/http/layer.ts";
import { Polling } from "../../../src/worker/movable/polling.ts";
import { beginning, isUnderstood } from "../../../src/worker/movable/socket-io.ts";

test.each([
  ["/socket.io/?EIO=4&transport=websocket&sid=a_b-C", "/socket.io/?EIO=4&transport=websocket"],
  ["/socket.io/?sid=abc&EIO=4&a=sid=1", "/socket.io/?EIO=4&a=sid=1"],
  ["/socket.io/?EIO=4&sid=abc&room=x", "/socket.io/?EIO=4&room=x"],
  ["/socket.io/?sid=abc", "/socket.io/"],
  ["/socket.io/?EIO=4&userSid=1", "/socket.io/?EIO=4&userSid=1"],
])("%s is begun anew by %s", (path, expected) => {
  const rest = "\r\nhost: example.org\r\nreferer: /?sid=1&a\r\n";
  expect(beginning(`GET ${path} HTTP/1.1${rest}`)).toBe(`GET ${expected} HTTP/1.1${rest}`);
});

test.each([
  ["http://a/socket.io/?EIO=4&transport=websocket", true],
  ["http://a/?a=1&EIO=3", false],
  ["http://a/?EIO=41", false],
  ["http://a/?XEIO=4", undefined],
  ["http://a/chat", undefined],
])("whether %s is understood: %p", (url, expected) => {
  expect(isUnderstood(url)).toBe(expected as boolean);
});

/** Long after all that was said. */
const LATER_MS = 1e9;
const SERVER = {} as Bun.Server<unknown>;

/** As the engine does it, which knows one session. */
const app: Fetch = async (request) => {
  if (!request.url.includes("sid=known")) return new Response("unknown", { status: 400 });
  if (request.method === "GET") return new Response('40{"sid":"x"}\u001e431["a"]');
  return new Response(await request.text());
};

async function ask(polling: Polling, sid: string, body?: string, headers = {}): Promise<string> {
  const url = `http://a/socket.io/?EIO=4&transport=polling&sid=${sid}`;
  const method = body === undefined ? "GET" : "POST";
  const request = new Request(url, { method, headers, ...(body !== undefined && { body }) });
  return (await (await polling.layer.wrap(app)(request, SERVER))?.text()) ?? "";
}

test("what is said over HTTP is heard, and reaches the app and its client as it was", async () => {
  const polling = new Polling();
  const headers = { authorization: "me", "content-type": "text/plain", "pounce-resume": "1" };
  expect(await ask(polling, "known", '40{"a":1}', headers)).toBe('40{"a":1}');
  expect(await ask(polling, "known", '421["a"]\u001e451-["b"]\u001ebAAAA')).toContain("AAAA");
  expect(await ask(polling, "known", "40/a,")).toBe("40/a,");
  const [first, second] = [polling.take("known"), polling.take("known")];
  expect(second).toBeUndefined();
  expect(first?.headers).toEqual([["authorization", "me"]]);
  expect(first?.session.offer.connects).toEqual(['40{"a":1}', "40/a,"]);
  first?.session.upgraded();
  // Its client waits for an answer.
  expect(first?.session.mayLeave(LATER_MS)).toBe(false);
});

test("so is what is answered over HTTP", async () => {
  const polling = new Polling();
  await ask(polling, "known", "40");
  await ask(polling, "known", '421["a"]');
  expect(await ask(polling, "known")).toContain("431");
  const session = polling.take("known")?.session;
  await Bun.sleep(0);
  expect(session?.mayLeave(LATER_MS)).toBe(true);
});

test("nothing is kept of a session that the app does not know, or whose beginning was missed", async () => {
  const polling = new Polling();
  expect(await ask(polling, "other", "40")).toBe("unknown");
  expect(polling.take("other")).toBeUndefined();
  await ask(polling, "known", '42["a"]');
  expect(polling.take("known")?.session.isStrange).toBe(true);
});
