// How an order that takes time is answered: at once a first line, which says that the order has
// been taken; every second an empty line, as a sign of life; and at last the answer. So a client
// can tell a server that works on its order from one that no longer answers.

/** The kind of body: JSON values, one a line. */
export const LINES = "application/x-ndjson";

const SIGN_OF_LIFE_MS = 1000;

/** The answer to an order. */
export interface Outcome {
  readonly status: 200 | 400 | 409;
  readonly body: object;
}

const GONE: Outcome = { status: 409, body: { reason: "the server has stopped" } };

/** Whether the client understands signs of life. */
export function waits(request: Request): boolean {
  return request.headers.get("accept")?.includes(LINES) === true;
}

/**
 * Carries out an order, and answers in a form that the client understands.
 * @param work resolves with `undefined` when the server ends before it can answer
 */
export async function answerOrder(
  request: Request,
  work: () => Promise<Outcome | undefined>,
): Promise<Response> {
  if (!waits(request)) {
    const { status, body } = (await work()) ?? GONE;
    return Response.json(body, { status });
  }
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setInterval> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      const write = (line: string): void => {
        try {
          controller.enqueue(encoder.encode(`${line}\n`));
        } catch {
          // The client has gone away.
          clearInterval(timer);
        }
      };
      write('{"taken":true}');
      timer = setInterval(() => write(""), SIGN_OF_LIFE_MS);
      const outcome = await work();
      clearInterval(timer);
      if (outcome !== undefined) write(JSON.stringify(outcome));
      try {
        controller.close();
      } catch {
        // As above.
      }
    },
    cancel() {
      clearInterval(timer);
    },
  });
  return new Response(stream, { headers: { "content-type": LINES } });
}
