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
  const stopped = new AbortController();
  const connect = (): Promise<RawSocket> => RawSocket.connect("127.0.0.1", port);
  /** Resolves to whether the connection can be used again. */
  const ask = async (socket: RawSocket, name: string, index: number): Promise<boolean> => {
    const sinceMs = performance.now();
    socket.send(bytesOf(name, index));
    const reply = await readReply(socket, sinceMs + TIMEOUT_MS);
    result.latenciesMs.push(performance.now() - sinceMs);
    result.answers++;
    const { status, text, closes } = reply;
    if (status >= 502 && status <= 504) result.lost.push(`${name} ${status}`);
    else if (!isOwn(reply, name, index)) result.wrong.push(`${name}: ${status} ${text}`);
    return !closes;
  };
  const goOn = async (client: number): Promise<void> => {
    let socket = await connect();
    for (let index = 0; !stopped.signal.aborted; index++) {
      const name = `by${client}-${index}`;
      const isKept = await ask(socket, name, index).catch((error: unknown) => {
        result.lost.push(`${name} ${String(error)}`);
        return false;
      });
      if (isKept && socket.ended === undefined) continue;
      socket.close();
      socket = await connect();
    }
    socket.close();
  };
  const all = Promise.all(Array.from({ length: count }, (_, client) => goOn(client)));
  const stop = async (): Promise<BystanderResult> => {
    stopped.abort();
    await all;
    return result;
  };
  return { stop };
}
