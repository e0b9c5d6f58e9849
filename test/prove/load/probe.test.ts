// What is learned of a server before the load.
import { expect, test } from "bun:test";
import { probe } from "../../../src/prove/load/probe.ts";

test("a POST is asked twice, and of an answer without a length it is known", async () => {
  let posts = 0;
  using server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket, bytes) => {
        const isPost = bytes.toString().startsWith("POST ");
        posts += isPost ? 1 : 0;
        const made = `HTTP/1.1 ${posts === 1 ? 201 : 409} x\r\nContent-Length: 0\r\n\r\n`;
        if (isPost) socket.write(made);
        else if (bytes.toString().startsWith("GET ")) socket.end("HTTP/1.1 200 OK\r\n\r\nhello");
      },
    },
  });
  const target = { endpoint: { host: "127.0.0.1", port: server.port }, headers: {} };
  const [found] = await probe(target, ["/"], { postPaths: ["/"], isH2Tried: false }, 5000);
  expect(found?.get).toMatchObject({ is: "whole", status: 200, bodyBytes: 5, endsByClose: true });
  expect(found?.post).toMatchObject({ is: "whole", status: 409, firstStatus: 201 });
});
