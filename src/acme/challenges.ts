// Answers the question by which a CA finds out whether a domain leads here (HTTP-01), and nothing
// else. It listens only while an order is under way.
import { type Limits, serveFew, type SmallServer } from "../admin/small-server.ts";
import { refusal } from "../os/refusal.ts";
import { codeOf } from "../os/shortage.ts";

export const CHALLENGE_PATH = "/.well-known/acme-challenge/";
/** The IPv6 wildcard, which takes IPv4 as well, and what is left where there is no IPv6. */
const EVERYWHERE = ["::", "0.0.0.0"];
/** A CA asks from several places at once; everybody else who asks on that port is a scanner. */
const LIMITS: Limits = { connections: 64, freshMs: 2000, requestMs: 5000, readMs: 5000 };

export class Challenges {
  readonly #answers = new Map<string, string>();
  #server: SmallServer | undefined;

  /** @returns why that is impossible, and what to do; undefined if it listens */
  listen(port: number): string | undefined {
    let problem: unknown;
    for (const hostname of EVERYWHERE) {
      try {
        this.#server = serveFew(
          { hostname, port },
          (request) => this.#answer(request),
          ignore,
          LIMITS,
        );
        return undefined;
      } catch (error) {
        problem = error;
        if (codeOf(error) === "EADDRINUSE" || codeOf(error) === "EACCES") break;
      }
    }
    return portProblem(port, problem);
  }

  /** @param answer the key authorization of the token */
  add(token: string, answer: string): void {
    this.#answers.set(token, answer);
  }

  async close(): Promise<void> {
    await this.#server?.stop(true);
  }

  #answer({ method, url }: Request): Response {
    const { pathname } = new URL(url);
    const isAsked = pathname.startsWith(CHALLENGE_PATH) && (method === "GET" || method === "HEAD");
    const answer = isAsked ? this.#answers.get(pathname.slice(CHALLENGE_PATH.length)) : undefined;
    return answer === undefined
      ? new Response("Only questions of a CA are answered here\n", { status: 404 })
      : new Response(answer, { headers: { "content-type": "application/octet-stream" } });
  }
}

/** Why the CA's questions cannot be heard. */
export function portProblem(port: number, error: unknown): string {
  if (codeOf(error) === "EADDRINUSE") {
    return (
      `port ${port} is in use by another program: have it pass the CA's questions on (in nginx: ` +
      `location ${CHALLENGE_PATH} { proxy_pass http://127.0.0.1:8402; }), and set acme.http_port ` +
      "to that port (8402)"
    );
  }
  if (codeOf(error) === "EACCES" || codeOf(error) === "EPERM") {
    return (
      `port ${port} is not permitted to this user: ports below 1024 need CAP_NET_BIND_SERVICE ` +
      "(pounce help systemd; or start pounce as root, with user set)"
    );
  }
  return `cannot listen on port ${port}: ${refusal(error)}`;
}

function ignore(): void {
  // What goes wrong with one question, the CA tells.
}
