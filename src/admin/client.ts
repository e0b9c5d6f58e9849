// Speaks to a control socket.

export type Reply =
  | { readonly kind: "answer"; readonly status: number; readonly body: Record<string, unknown> }
  /** Nobody listens there. */
  | { readonly kind: "nobody" }
  /** Somebody listened, and went away without an answer. */
  | { readonly kind: "gone" };

/** Sends one request, and waits for its answer however long that takes. */
export async function ask(path: string, method: "GET" | "POST", url: string): Promise<Reply> {
  try {
    const response = await fetch(`http://pounce${url}`, { method, unix: path, timeout: false });
    const body = (await response.json()) as Record<string, unknown>;
    return { kind: "answer", status: response.status, body };
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const nobody = ["ENOENT", "ECONNREFUSED", "FailedToOpenSocket", "ConnectionRefused", "EACCES"];
    return { kind: nobody.includes(String(code)) ? "nobody" : "gone" };
  }
}
