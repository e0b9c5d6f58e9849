// A request that node:http answers, as the rest of a worker sees it: like a `Request`, which there
// is none of here.
import type { ServerResponse } from "node:http";
import { CLIENT_GONE } from "../../metrics/page.ts";
import { type ProblemStatus, problemText } from "../http/problem.ts";
import { type Client, UNIX_CLIENT } from "./client.ts";
import { ignoreLateAnswer } from "./late-answer.ts";

/** What Bun gives for each request that node:http answers. */
export interface NodeHandle {
  /** The response has been written. */
  readonly finished: boolean;
  /** The client has gone. */
  readonly aborted: boolean;
  /** How many bytes of the body have been written. */
  getBytesWritten(): number;
  /** Its headers, names in lower case. */
  headersObject(): Readonly<Record<string, string>>;
}

/** What Bun gives for its connection. */
export interface NodeSocketHandle {
  /** Undefined once it has been closed. */
  readonly remoteAddress: Client | undefined;
  close(): void;
}

/** The header that carries the id of a request, to the app and back to the client. */
export const REQUEST_ID = "x-request-id";

/** Bun itself answers a request that it does not pass on. */
const REFUSED = 400;

export class NodeRequest {
  /** Undefined: the program has not been asked, or has taken the connection. */
  response: ServerResponse | undefined;
  /** The program has taken the connection over, for a WebSocket for example. */
  isTaken = false;
  /** It came over a Unix socket: Bun knows of no client. */
  isOnUnix = false;
  /** In whose name pounce itself asks; undefined: it does not. */
  named: Client | undefined;
  /** What it has answered then, once it has. */
  takenStatus: number | undefined;
  /** The id that it has got, if requests get ids. */
  id: string | undefined;

  constructor(
    readonly method: string,
    /** Path and query, as the client has sent them. */
    readonly url: string,
    readonly handle: NodeHandle,
    readonly socket: NodeSocketHandle,
    readonly hasBody: boolean,
  ) {}

  /** Where it comes from; null once it has been answered. */
  get client(): Client | null {
    const { finished, aborted } = this.handle;
    return finished || aborted || this.takenStatus !== undefined ? null : this.peer;
  }

  /** Where it comes from; null once its connection has been closed, if that can be known. */
  get peer(): Client | null {
    if (this.named !== undefined) return this.named;
    return this.isOnUnix ? UNIX_CLIENT : (this.socket.remoteAddress ?? null);
  }

  /** Whether nothing of an answer has been written. */
  get isPending(): boolean {
    return this.response?.headersSent === false;
  }

  /** Answers it in place of the program: its time is up. */
  refuse(status: 408 | 503): void {
    if (this.response !== undefined) refuse(this.response, status);
  }

  /** Answers 504 in place of the program, which has not begun to. It may go on, unheard. */
  timeOut(): void {
    if (this.response === undefined) return;
    refuse(this.response, 504);
    ignoreLateAnswer(this.response);
  }

  /** The status that the client has got. */
  get status(): number {
    if (this.isTaken) return this.takenStatus ?? CLIENT_GONE;
    if (this.response === undefined) return REFUSED;
    return this.isPending && this.handle.aborted ? CLIENT_GONE : this.response.statusCode;
  }

  /** The program has ended its own answer with an error, in the middle of the body. */
  get isBroken(): boolean {
    const { response } = this;
    if (response === undefined || !response.headersSent || response.writableFinished) return false;
    return response.errored !== null && response.errored !== undefined;
  }

  /** How many bytes of the answer's body have been written; undefined where nobody counts them. */
  get bytes(): number | undefined {
    return this.isTaken ? undefined : this.handle.getBytesWritten();
  }
}

/** Answers in place of the program, which has not begun to. The id of the request stays. */
export function refuse(response: ServerResponse, status: ProblemStatus): void {
  const names = response.getHeaderNames().filter((name) => name !== REQUEST_ID);
  for (const name of names) response.removeHeader(name);
  const { headers, body } = problemText(status);
  response.writeHead(status, { ...headers, "content-length": body.length });
  response.end(body);
}
