// A draining worker's answers on node:http say `Connection: close`, whatever the program says.
import { expect, test } from "bun:test";
import http from "node:http";
import { Pace } from "../../../src/worker/closing/pace.ts";
import { markLater } from "../../../src/worker/node/marking.ts";

const flag = {
  pace: new Pace(0, 0, 0),
  expired: false,
  privately: undefined,
  passesOn: false,
  portOf: () => undefined,
};

type Answer = (response: http.ServerResponse) => void;

const WAYS: [claim: string, answer: Answer][] = [
  ["end", (response) => response.end("x")],
  ["a stream", (response) => void (response.write("x"), response.end("y"))],
  ["setHeader", (response) => response.setHeader("Connection", "keep-alive").end("x")],
  ["an object", (response) => response.writeHead(200, { connection: "keep-alive" }).end("x")],
  ["a list", (response) => response.writeHead(200, ["Connection", "keep-alive", "A", "b"]).end()],
  ["a text before", (response) => response.writeHead(200, "OK", { A: "b" }).end("x")],
];

test.each(WAYS)("the program answers by %s", async (_claim, answer) => {
  const server = http.createServer((_, response) => {
    markLater(response, false, flag, () => true);
    answer(response);
  });
  const listening = new Promise<void>((resolve) => void server.once("listening", resolve));
  server.listen(0, "127.0.0.1");
  await listening;
  const { port } = server.address() as { port: number };
  const response = await fetch(`http://127.0.0.1:${port}/`);
  await response.text();
  expect(response.headers.get("connection")).toBe("close");
  server.close();
});
