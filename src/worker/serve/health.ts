// The answer of the health check.
import { version } from "../../version.ts";
import { NativeResponse } from "../http/native.ts";
import { RETRY_AFTER } from "../http/problem.ts";

/** The worker whose health it is. */
interface HealthIdentity {
  readonly generation: number;
  readonly worker: number;
}

/** `starting`: it may have come to listen before it is ready, where nobody else does. */
export type Health = "starting" | "ok" | "draining";

/**
 * 200 while the worker serves; 503 before it is ready, and once the server was asked to stop, so
 * that load balancers go elsewhere.
 * @param failure why an error page serves in place of the app: 503 too; undefined: the app serves
 */
export function healthResponse(
  { generation, worker }: HealthIdentity,
  health: Health,
  failure?: string,
): Response {
  const failed = failure === undefined ? {} : { error: failure };
  const body = {
    status: health === "ok" && failure !== undefined ? "failed" : health,
    generation,
    worker,
    pid: process.pid,
    uptime: Math.round(process.uptime() * 1000) / 1000,
    version,
    ...failed,
  };
  const isWell = health === "ok" && failure === undefined;
  const later = isWell ? {} : { "retry-after": RETRY_AFTER };
  const headers = { "cache-control": "no-store", ...later };
  return NativeResponse.json(body, { status: isWell ? 200 : 503, headers });
}
