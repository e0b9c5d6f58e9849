// Turns an answer that Bun has given to this process into one for a client: with the same status,
// headers, length and body. A long body is not kept in memory, but sent from its source.
import { closeSync, fstatSync, openSync } from "node:fs";
import { NativeResponse } from "../http/native.ts";
import { isFileOrBlob } from "../http/response-body.ts";

/** Finds the source of an answer's bytes, if there are too many to keep in memory. */
export type Source = (request: Request) => Blob | undefined | Promise<Blob | undefined>;

/** Headers about one connection, not about the answer. */
export const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "transfer-encoding",
  "te",
  "trailer",
  "upgrade",
];
const NO_BODY = new Set([204, 205, 304]);
/** A body up to this size is read in one go. */
const HELD_BYTES = 1024 * 1024;
/** The same up to this size, if its source is unknown. A larger one is sent without its length. */
const HELD_AT_MOST_BYTES = 16 * 1024 * 1024;

/**
 * The file that a response sends, without reading it; undefined if it has no body, or a used one.
 */
export async function blobOf(response: Response): Promise<Blob | undefined> {
  try {
    return isFileOrBlob(response) ? await response.clone().blob() : undefined;
  } catch {
    return undefined;
  }
}

interface PassOn {
  readonly method: string;
  /** Undefined: unknown. */
  readonly source: Source | undefined;
  readonly isLast: boolean;
}

/** The private server's answer as one of ours: the same status, headers and length. */
export async function passOn(
  request: Request,
  answer: Response,
  { method, source, isLast }: PassOn,
): Promise<Response> {
  const { status, statusText } = answer;
  const headers = new Headers(answer.headers);
  for (const name of HOP_BY_HOP) headers.delete(name);
  if (isLast) headers.set("connection", "close");
  const init = { status, statusText, headers };
  if (NO_BODY.has(status)) return new NativeResponse(null, init);
  const length = answer.headers.get("content-length");
  if (method === "HEAD") return new NativeResponse(length === null ? endless() : null, init);
  if (length === null) return new NativeResponse(answer.body, init);
  // Bun adds a type to a body without one, unless it is kept in memory.
  const isElsewhere = source !== undefined && headers.has("content-type");
  if (Number(length) <= (isElsewhere ? HELD_BYTES : HELD_AT_MOST_BYTES)) {
    return new NativeResponse(exactly(await answer.bytes()), init);
  }
  const whole = fromSource(request, Number(length), await source?.(request), init);
  if (whole === undefined) return new NativeResponse(answer.body, init);
  await answer.body?.cancel();
  return whole;
}

/** A body whose length Bun cannot tell. */
function endless(): ReadableStream {
  return new ReadableStream({
    async pull(controller) {
      await Bun.sleep(0);
      controller.close();
    },
  });
}

/** A body that Bun sends with its length, without adding a type. */
function exactly(bytes: Uint8Array): ReadableStream {
  const pull = (controller: ReadableStreamDirectController): void => {
    controller.write(bytes as Uint8Array<ArrayBuffer>);
    void controller.end();
  };
  const options = { highWaterMark: bytes.length + 1 };
  return new ReadableStream({ type: "direct", pull } as never, options);
}

/**
 * An answer with many bytes, sent from their source. A file is passed as a descriptor, because Bun
 * tells a client the name of a file that is passed by name. Bun cuts out the range that a request
 * asks for.
 */
function fromSource(
  request: Request,
  length: number,
  source: Blob | undefined,
  init: { status: number; headers: Headers },
): Response | undefined {
  const path: unknown = source && Reflect.get(source, "name");
  if (typeof path !== "string" || init.headers.has("content-disposition")) {
    return source?.size === length ? new NativeResponse(source, init) : undefined;
  }
  const range = /^bytes \d+-\d+\/(\d+)$/.exec(init.headers.get("content-range") ?? "");
  const isPart = init.status === 206 && range !== null;
  const descriptor = openFile(path, isPart ? Number(range[1]) : length);
  if (descriptor === undefined) return undefined;
  opened.set(request, descriptor);
  if (!isPart) return new NativeResponse(Bun.file(descriptor), init);
  for (const name of ["content-range", "accept-ranges"]) init.headers.delete(name);
  return new NativeResponse(Bun.file(descriptor), { ...init, status: 200 });
}

/** Files that answers are sent from. Bun does not close a file that it has not opened. */
const opened = new WeakMap<Request, number>();

/** Closes the file, if any, that the answer to a request was sent from: the request has ended. */
export function closeFileOf(request: Request): void {
  const descriptor = opened.get(request);
  if (descriptor === undefined) return;
  opened.delete(request);
  closeSync(descriptor);
}

/** @returns undefined if the file cannot be opened, or has another size by now */
function openFile(path: string, size: number): number | undefined {
  try {
    const descriptor = openSync(path, "r");
    if (fstatSync(descriptor).size === size) return descriptor;
    closeSync(descriptor);
  } catch {
    // It has been removed, or descriptors are short.
  }
  return undefined;
}
