// Slow clients, in a process of their own: `bun slow-clients.ts PORT CLIENTS`, and `tls` where the
// server has TLS. Each connection is of one kind, and is opened again when the server ends it.
// Prints a line of JSON whenever it reads one, and ends with its standard input.
import type { Socket } from "bun";
import { clientHello } from "./client-hello.ts";

const HTTP = ["first head", "later head", "body", "chunks", "reader", "silent"] as const;
const TLS = ["hello", "half a hello", "silent"] as const;
type Kind = (typeof HTTP | typeof TLS)[number];

interface Client {
  readonly kind: Kind;
  /** The next second brings one more byte. */
  trickles: boolean;
}

const isTls = process.argv[4] === "tls";
const hello = isTls ? await clientHello() : Buffer.alloc(0);
const kinds = isTls ? TLS : HTTP;
const OPENING: Readonly<Record<Kind, string | Buffer>> = {
  hello,
  "half a hello": hello.subarray(0, 100),
  "first head": "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
  "later head": "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  chunks: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
  body: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n",
  reader: "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n",
  silent: "",
};

const [port, count] = process.argv.slice(2, 4).map(Number);
if (port === undefined || count === undefined) {
  throw new Error("slow-clients.ts PORT CLIENTS [tls]");
}

const open = new Set<Socket<Client>>();
/** How many of a kind the server has ended, or has not accepted. */
const ended: Record<string, number> = {};
const noteEnd = (kind: string): void => {
  ended[kind] = (ended[kind] ?? 0) + 1;
};

const handlers = {
  open: (socket: Socket<Client>) => {
    open.add(socket);
    const { kind } = socket.data;
    socket.write(OPENING[kind]);
    socket.data.trickles = kind === "first head" || kind === "body";
  },
  data: (socket: Socket<Client>) => {
    if (socket.data.kind === "reader") socket.pause();
    if (socket.data.kind !== "later head" || socket.data.trickles) return;
    socket.write(OPENING["first head"]);
    socket.data.trickles = true;
  },
  close: (socket: Socket<Client>) => {
    open.delete(socket);
    noteEnd(socket.data.kind);
    setTimeout(begin, 500, socket.data.kind);
  },
  error: () => undefined,
  connectError: () => undefined,
};

function begin(kind: Kind): void {
  const data: Client = { kind, trickles: false };
  Bun.connect<Client>({ hostname: "127.0.0.1", port: port ?? 0, data, socket: handlers }).catch(
    () => {
      noteEnd("refused");
      setTimeout(begin, 500, kind);
    },
  );
}

setInterval(() => {
  for (const socket of open) if (socket.data.trickles) socket.write("x");
}, 1000);

for (let index = 0; index < count; index++) {
  begin(kinds[index % kinds.length] ?? "silent");
  if (index % 50 === 49) await Bun.sleep(10);
}
for await (const _ of console) console.log(JSON.stringify({ open: open.size, ended }));
process.exit(0);
