// What an app opens itself, where pounce or somebody else has it.
import { describeError } from "../../errors/describe-error.ts";
import type { TcpAddress } from "../../net/address.ts";
import { AppError } from "./app-error.ts";

/**
 * Throws `AppError` if the app has opened a port that pounce will listen on. The two would share
 * the connections: those that come to the app's own listener are unknown to pounce and lost at a
 * reload.
 */
export function refuseOwnPorts(
  label: string,
  addresses: readonly TcpAddress[],
  ports: readonly { readonly port: number | undefined }[],
): void {
  const ours = addresses.find(({ port }) => ports.some((own) => own.port === port));
  if (ours !== undefined) throw ownPort(label, ours.port);
}

function ownPort(label: string, port: number): AppError {
  return new AppError(
    `app ${label}: it listens on port ${port} itself, but that is where pounce serves it; ` +
      "leave the listening to pounce, or have the app open another port",
  );
}

/**
 * Explains an error that what an app opens itself is in use; `undefined` for any other error.
 * Each worker opens it, and at a reload the old ones still have it.
 */
export function portInUse(
  error: unknown,
  label: string,
  addresses: readonly TcpAddress[],
): AppError | undefined {
  const isInUse = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  if (!isInUse) return undefined;
  const ours = addresses.find(({ port }) => portIn(error) === port);
  if (ours !== undefined) return ownPort(label, ours.port);
  const path = pathIn(error);
  if (path !== undefined) {
    return new AppError(
      `app ${label}: it opens the Unix socket ${path} itself, in each worker, and only one ` +
        "process can have it: put process.pid into its name, or leave it out. " +
        describeError(error),
    );
  }
  return new AppError(
    `app ${label}: it opens a port itself, and that port is in use: another program has it, or, ` +
      "where processes cannot share a port (macOS), the old worker. Choose another port, or " +
      `leave the listening to pounce. ${describeError(error)}`,
  );
}

/** The port that could not be opened, as Bun tells it in one way or another. */
function portIn(error: Error): number {
  return Number("port" in error ? error.port : /\bport (\d+)/.exec(error.message)?.[1]);
}

/** The path of a Unix socket that could not be opened, likewise. */
function pathIn(error: Error): string | undefined {
  const { path, address } = error as { readonly path?: unknown; readonly address?: unknown };
  return [path, address].find((it): it is string => typeof it === "string" && /^[/\0]/.test(it));
}
