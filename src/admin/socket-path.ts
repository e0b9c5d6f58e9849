// Where the control socket of a server is: the server and the commands that look for it agree on
// it.
import { basename, join } from "node:path";
import type { Config } from "../config/config.ts";
import { runtimeFolder } from "./runtime-folder.ts";

/** What the socket of a server is named after. */
type Named = Pick<Config, "file" | "host" | "port"> & Partial<Pick<Config, "uds">>;

/** A name made from the configuration file's path, or else from the address. */
export function socketName({ file, host, port, uds }: Named): string {
  const identity = file ?? uds?.path ?? `${host.join(",")}:${port}`;
  const hash = Bun.hash(identity).toString(36).slice(0, 8);
  const address = uds === undefined ? `${host[0]}-${port}` : basename(uds.path, ".sock");
  const readable = file === undefined ? address : basename(file, ".toml");
  return `${readable.slice(0, 32).replaceAll(/[^\w.-]/g, "_")}-${hash}.sock`;
}

/** Where commands find the server: at its socket, or at a link to a socket elsewhere. */
export function registeredPath(named: Named): string {
  return join(runtimeFolder(), socketName(named));
}

/** `control_socket`, or the path by which commands find it. */
export function controlSocketPath(config: Config): string {
  return config.controlSocket ?? registeredPath(config);
}

/** Another path at which commands find a server, when a server of the same name already runs. */
export function registeredBeside(named: Named): string {
  return registeredPath(named).replace(/\.sock$/, `-${process.pid}.sock`);
}
