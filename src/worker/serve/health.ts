// The answer of the health check.
import { version } from "../../version.ts";
import { NativeResponse } from "../http/native.ts";

/** The worker whose health it is. */
interface HealthIdentity {
  readonly generation: number;
  readonly worker: number;
}

/**
 * 200 while the server serves; 503 once it was asked to stop, so that load balancers go elsewhere.
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
