// How long to wait for the server of a program whose module has been evaluated, and has started
// none: it may be about to reach its database first.
import { AppError } from "./app-error.ts";
import { untilNothingIsAlive } from "./alive.ts";

/** How a wait has ended; `nothing-alive`: the program can never start a server any more. */
export type Waited = "started" | "nothing-alive" | "time-is-up";

/** @param limitMs how long to wait at most */
export async function awaitServer(hasStarted: Promise<void>, limitMs: number): Promise<Waited> {
  const end = new AbortController();
  const limit = AbortSignal.timeout(Math.max(0, Math.ceil(limitMs)));
  const waited = await Promise.race([
    hasStarted.then(() => "started" as const),
    untilNothingIsAlive(AbortSignal.any([end.signal, limit])).then((isNothingAlive) =>
      isNothingAlive ? "nothing-alive" : "time-is-up",
    ),
  ]);
  end.abort();
  return waited;
}

/** The error that a module exports no app, with what is known of its server. */
export function withoutServer(error: unknown, waited: Waited): unknown {
  if (!(error instanceof AppError) || waited === "started") return error;
  const why =
    waited === "nothing-alive"
      ? "It has started no server either, and nothing that it has begun goes on"
      : "It has started no server either within startup_timeout";
  return new AppError(`${error.message}. ${why}`);
}
