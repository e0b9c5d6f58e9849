// Asks an address by HTTP/2 until its standard input ends, then prints what it has seen. It runs
// under Node: see http2-in-node.ts.
import { keepAsking } from "./http2-client.ts";

const client = keepAsking(process.argv[2] ?? "", { connections: 4, streams: 8 });
process.stdin.resume().once("end", () => {
  void client.stop().then((result) => process.stdout.write(JSON.stringify(result)));
});
