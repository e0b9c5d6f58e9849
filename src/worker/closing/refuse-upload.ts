// Answers an upload that pounce does not take, in such a way that the client can read the answer:
// whoever is still sending when a connection is closed gets a reset, and mostly not the answer.
import { bytesOfProblem, type ProblemStatus, problemText } from "../http/problem.ts";
import { NativeResponse, NativeStream } from "../http/native.ts";
import { type Limits, readAway, type Reader } from "./closing.ts";

/** The client has the answer by then; many stop sending when they see it. */
export const REFUSED: Limits = { mostBytes: Infinity, mostMs: 5000 };

/** The answer, which begins at once, and ends when what is left of the upload has been read. */
export function refuseUpload(status: ProblemStatus, rest: Reader | undefined): Response {
  const { headers } = problemText(status);
  const body = new NativeStream({
    async start(controller) {
      controller.enqueue(bytesOfProblem(status));
      if (rest !== undefined) await readAway(rest, REFUSED);
      controller.close();
    },
  });
  return new NativeResponse(body, { status, headers: { ...headers, connection: "close" } });
}
