// Speaks to a control socket.
import { accessSync, constants, statSync } from "node:fs";
import { LONGEST_PATH } from "./socket-path.ts";

export type Reply =
  | { readonly kind: "answer"; readonly status: number; readonly body: Record<string, unknown> }
  /** Nobody listens there that we could reach; `why` in a few words, if it is not as simple as that. */
  | { readonly kind: "nobody"; readonly why: string | undefined }
  /** Somebody listened, and went away without an answer. */
  | { readonly kind: "gone" };

/** Sends one request, and waits for its answer however long that takes. */
export async function ask(path: string, method: "GET" | "POST", url: string): Promise<Reply> {
  try {
    const response = await fetch(`http://pounce${url}`, { method, unix: path, timeout: false });
    const body = (await response.json()) as Record<string, unknown>;
    return { kind: "answer", status: response.status, body };
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (GONE.has(code)) return { kind: "gone" };
    return { kind: "nobody", why: whyNobody(path) };
  }
}

/** What the end of a connection is called that had been there. */
const GONE = new Set(["ConnectionClosed", "ECONNRESET", "ConnectionReset", "EPIPE"]);

/** What is in the way, where it is not that nobody listens. */
function whyNobody(path: string): string | undefined {
  if (Buffer.byteLength(path) > LONGEST_PATH) return `longer than ${LONGEST_PATH} bytes`;
  try {
    if (!statSync(path).isSocket()) return "not a socket";
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    const isDenied = (error as { code?: unknown }).code === "EACCES";
    return isDenied ? "permission denied: it is its owner's alone" : undefined;
  }
}
