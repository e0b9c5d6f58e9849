// Counts what is read of a request's body, for one whose length the client has not said.
//
// The request stays the object that Bun knows. It gets members of its own for all that reads its
// body. What is made of it by `new Request(request)` is not counted: Bun looks at the original.
import type { Reader } from "../closing/closing.ts";
import { NativeResponse, NativeStream } from "../http/native.ts";
import { noteRead } from "../requests/awaited-bodies.ts";

const READING = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"] as const;

/**
 * From now on no more than `maxBytes` can be read of its body: the next read fails.
 * @param onTooLarge gets the rest of the body then
 */
export function countBody(
  request: Request,
  maxBytes: number,
  onTooLarge: (rest: Reader) => void,
): void {
  const { body: original } = request;
  if (original === null) return;
  const counted = new NativeResponse(countedStream(request, original, { maxBytes, onTooLarge }), {
    headers: { "content-type": request.headers.get("content-type") ?? "" },
  });
  const members: Record<string, PropertyDescriptor> = {
    body: { get: () => counted.body },
    bodyUsed: { get: () => counted.bodyUsed },
    clone: { value: () => cloneOf(request, counted) },
  };
  for (const name of READING) members[name] = { value: () => counted[name]() };
  for (const member of Object.values(members)) member.configurable = true;
  Object.defineProperties(request, members);
}

interface Limit {
  readonly maxBytes: number;
  readonly onTooLarge: (rest: Reader) => void;
}

function countedStream(
  request: Request,
  original: ReadableStream<Uint8Array>,
  { maxBytes, onTooLarge }: Limit,
): ReadableStream<Uint8Array> {
  const reader = original.getReader();
  let bytes = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { done, value } = await noteRead(request, reader.read());
    if (done) return controller.close();
    bytes += value.length;
    if (bytes <= maxBytes) return controller.enqueue(value);
    onTooLarge(reader);
    const words = `the body of the request is larger than ${maxBytes} bytes (max_request_size)`;
    controller.error(new Error(words));
  };
  const cancel = (reason: unknown): Promise<void> => reader.cancel(reason);
  return new NativeStream({ pull, cancel }, { highWaterMark: 0 });
}

function cloneOf(request: Request, counted: Response): Request {
  const { url, method, headers, signal } = request;
  const { body } = counted.clone();
  return new Request(url, { method, headers, signal, body });
}
