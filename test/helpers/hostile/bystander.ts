// Well-behaved clients beside an attack: each request has a name of its own in its target and in
// its body, and must get the answer that has both.
import { RawSocket, readReply, type Reply } from "../requests.ts";

export interface BystanderResult {
  answers: number;
  /** Answers that were another's, or wrong in any way. */
  readonly wrong: string[];
  /** Connections that ended under a request, and answers of the proxy itself (502 to 504). */
  readonly lost: string[];
  readonly latenciesMs: number[];
}

export interface Bystanders {
  stop(): Promise<BystanderResult>;
}

const TIMEOUT_MS = 15_000;

/** A GET, a POST with a length, and one in chunks, in turn. */
function bytesOf(name: string, index: number): string {
  const body = `body of ${name}`;
  const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const head = ` /by/${name} HTTP/1.1\r\nHost: a\r\n`;
  if (index % 3 === 0) return `GET${head}\r\n`;
  if (index % 3 === 1) return `POST${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  return `POST${head}Transfer-Encoding: chunked\r\n\r\n${chunks}`;
}

/** What the app of hostile.deploy.ts answers. */
const isOwn = ({ status, text }: Reply, name: string, index: number): boolean =>
  status === 200 && text === `/by/${name} ${index % 3 === 0 ? "" : `body of ${name}`}`;

/** Starts `count` of them. */
export function startBystanders(port: number, count = 6): Bystanders {
  const result: BystanderResult = { answers: 0, wrong: [], lost: [], latenciesMs: [] };
  let isStopped = false;
  const goOn = async (client: number): Promise<void> => {
    let socket = await RawSocket.connect("127.0.0.1", port);
    for (let index = 0; !isStopped; index++) {
      const name = `by${client}-${index}`;
      const sinceMs = performance.now();
      try {
        if (socket.ended !== undefined) socket = await RawSocket.connect("127.0.0.1", port);
        socket.send(bytesOf(name, index));
        const reply = await readReply(socket, sinceMs + TIMEOUT_MS);
        result.latenciesMs.push(performance.now() - sinceMs);
        result.answers++;
        if ([502, 503, 504].includes(reply.status)) result.lost.push(`${name} ${reply.status}`);
        else if (!isOwn(reply, name, index))
          result.wrong.push(`${name}: ${reply.status} ${reply.text}`);
        if (reply.closes) socket.close();
        if (reply.closes) socket = await RawSocket.connect("127.0.0.1", port);
      } catch (error) {
        result.lost.push(`${name} ${String(error)}`);
        socket.close();
        socket = await RawSocket.connect("127.0.0.1", port);
      }
    }
    socket.close();
  };
  const all = Promise.all(Array.from({ length: count }, (_, client) => goOn(client)));
  const stop = async (): Promise<BystanderResult> => {
    isStopped = true;
    await all;
    return result;
  };
  return { stop };
}
