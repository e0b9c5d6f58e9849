// The little HTTP that the small server speaks: a request without a body, and a status line.

/** The longest head of a request. */
export const MOST_HEAD_BYTES = 8192;
export const HEAD_END = "\r\n\r\n";

const REQUEST_LINE = /^([A-Z]+) (?:http:\/\/[^/ ]+)?(\/\S*) HTTP\/1\.([01])$/;

/** A request, or the status that says what is wrong with it. */
export function readRequest(head: string, signal: AbortSignal): Request | number {
  const [first = "", ...lines] = head.split("\r\n");
  const [, method, target] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined) return 400;
  try {
    const headers = new Headers();
    for (const line of lines) {
      const colon = line.indexOf(":");
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    const length = headers.get("content-length") ?? "0";
    if (length !== "0" || headers.has("transfer-encoding")) return 413;
    return new Request(`http://pounce${target}`, { method, headers, signal });
  } catch {
    return 400;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

export function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${REASONS[status] ?? ""}`;
}
