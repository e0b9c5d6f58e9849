// The answer of the health check.
import { version } from "../../version.ts";
import { NativeResponse } from "../http/native.ts";

/** Whose health it is. */
interface HealthIdentity {
  readonly generation: number;
  readonly worker: number;
}

/**
 * 200 while the server serves; 503 once it has been told to stop, so that a load balancer looks
 * elsewhere.
 */
export function healthResponse(
  { generation, worker }: HealthIdentity,
  stopping: boolean,
): Response {
  const body = {
    status: stopping ? "draining" : "ok",
    generation,
    worker,
    pid: process.pid,
    uptime: Math.round(process.uptime() * 1000) / 1000,
    version,
  };
  const headers = { "cache-control": "no-store" };
  return NativeResponse.json(body, { status: stopping ? 503 : 200, headers });
}
