// Ports that an app opens by itself. pounce serves what an app exports, on an address of its own:
// of other ports it can only tell what will become of them.
import { describeError } from "../../errors/describe-error.ts";
import type { Address } from "../../net/address.ts";
import type { OpenPort } from "../../net/listeners.ts";
import { AppError } from "./app-error.ts";

/**
 * How long a program that exports nothing may take to listen, for the message that refuses it to
 * say so.
 */
const LISTENS_WITHIN_MS = 2000;
const POLL_MS = 10;

/**
 * Throws `AppError` when the app has opened a port that pounce is to listen on. Connections would
 * be divided between the two: to the app's own listener come some that pounce knows nothing of, and
 * that a reload loses.
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
 * An error while an app was loaded, with what its own ports have to do with it.
 *
 * @param isProgram whether it exports nothing, so that what it does instead is waited for
 * @param openPorts those that this process listens on
 */
export async function explained(
  error: unknown,
  label: string,
  isProgram: boolean,
  openPorts: () => OpenPort[],
  addresses: readonly Address[] = [],
): Promise<unknown> {
  const inUse = portInUse(error, label, addresses);
  if (inUse !== undefined) return inUse;
  if (!(error instanceof AppError)) return error;
  const ports = isProgram ? await untilOpen(openPorts) : openPorts();
  if (ports.length === 0) return error;
  const names = [...new Set(ports.map(({ port }) => port))].join(", ");
  return new AppError(
    `${error.message}. The program listens on port ${names} itself. pounce serves what a module ` +
      "exports: export the app and leave the listening to pounce",
  );
}

/** What to say of an error that an app's own port is in use; `undefined` for any other error. */
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

/** Programs often listen a few turns after their import. */
async function untilOpen(openPorts: () => OpenPort[]): Promise<OpenPort[]> {
  const deadlineMs = performance.now() + LISTENS_WITHIN_MS;
  for (;;) {
    const ports = openPorts();
    if (ports.length > 0 || performance.now() > deadlineMs) return ports;
    await Bun.sleep(POLL_MS);
  }
}
