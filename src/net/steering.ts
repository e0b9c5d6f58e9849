// Whether this kernel, and the sandbox around it, let connections be steered.
import { AF_INET, SOCK_CLOEXEC, SOCK_STREAM, SOL_SOCKET, SO_REUSEPORT } from "../os/constants.ts";
import { checked, libc, SystemError } from "../os/libc.ts";
import { encodeAddress } from "./address.ts";
import { steer } from "./filters.ts";
import { setOption } from "./socket-options.ts";

/** The refusal's name; `undefined`: they can be steered. Tried on a listener made for it. */
export function steeringProblem(): string | undefined {
  try {
    const listener = listenSomewhere();
    try {
      steer(listener, [0]);
    } finally {
      libc().close(listener);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return error.code;
  }
}

/** A listener that nobody knows of. Throws `SystemError`. */
export function listenSomewhere(): number {
  const fd = checked("socket", libc().socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  try {
    setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    const address = encodeAddress({ host: "127.0.0.1", port: 0 });
    checked("bind", libc().bind(fd, address, address.length));
    checked("listen", libc().listen(fd, 1));
    return fd;
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}
