// Ports that an app opens itself. pounce serves what an app exports, on its own address; about
// other ports it can only say what will happen to them.
import { describeError } from "../../errors/describe-error.ts";
import type { Address } from "../../net/address.ts";
import type { OpenPort } from "../../net/listeners.ts";
import { AppError } from "./app-error.ts";

/**
 * Throws `AppError` if the app has opened a port that pounce will listen on. The two would share
 * the connections: those that come to the app's own listener are unknown to pounce and lost at a
 * reload.
 */
export function refuseOwnPorts(
  label: string,
  addresses: readonly Address[],
  ports: readonly OpenPort[],
): void {
  const shared = ports.find(({ port }) => addresses.some((address) => address.port === port));
  if (shared === undefined) return;
  throw ownPort(label, shared.port);
}

function ownPort(label: string, port: number): AppError {
  return new AppError(
    `app ${label}: it listens on port ${port} itself, but that is where pounce serves it; ` +
      "leave the listening to pounce, or have the app open another port",
  );
}

/**
 * An error from loading an app, with how the app's own ports are involved.
 * @param ports those that this process listens on
 */
export function explained(
  error: unknown,
  label: string,
  ports: readonly OpenPort[],
  addresses: readonly Address[],
): unknown {
  const inUse = portInUse(error, label, addresses);
  if (inUse !== undefined) return inUse;
  if (!(error instanceof AppError) || ports.length === 0) return error;
  const names = [...new Set(ports.map(({ port }) => port))].join(", ");
  return new AppError(
    `${error.message}. The program listens on port ${names}, but not with HTTP: pounce serves ` +
      "what a module exports, and servers of Bun.serve and node:http",
  );
}

/** Explains an error that an app's own port is in use; `undefined` for any other error. */
export function portInUse(
  error: unknown,
  label: string,
  addresses: readonly Address[],
): AppError | undefined {
  const isInUse = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  if (!isInUse) return undefined;
  const ours = addresses.find(({ port }) => error.message.match(/\bport (\d+)/)?.[1] === `${port}`);
  if (ours !== undefined) return ownPort(label, ours.port);
  return new AppError(
    `app ${label}: it opens a port itself, and that port is in use. Every worker opens it, and ` +
      "at a reload the old ones still have it: export the app and leave the listening to " +
      `pounce, or open the port with reusePort: true. ${describeError(error)}`,
  );
}
