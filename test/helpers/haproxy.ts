// HAProxy in front of a server under test, on a port of its own.
import { join } from "node:path";
import { RawSocket } from "./requests.ts";
import type { ServerProcess } from "./server-process.ts";
import { freePort } from "./ports.ts";

interface Proxy {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts it in the server's folder, and waits until it listens.
 * @param backend a line for the section of the configuration that has the server
 * @param frontend lines for the section that has the clients
 */
export function startHaproxy(
  server: ServerProcess,
  backend: string,
  frontend = "",
): Promise<Proxy> {
  const sections = ["frontend f", frontend, "default_backend b", "backend b", backend];
  return startHaproxyWith(server, sections.join("\n"));
}

/**
 * As `startHaproxy`.
 * @param sections a frontend named `f`, and backends; this server is in place of their servers
 */
export async function startHaproxyWith(server: ServerProcess, sections: string): Promise<Proxy> {
  const port = freePort();
  const at = server.path === undefined ? `127.0.0.1:${server.port}` : `unix@${server.path}`;
  const defaults = [
    "mode http",
    ...["connect 2s", "client 9s", "server 9s"].map((it) => `timeout ${it}`),
  ];
  const lines = `defaults\n${defaults.join("\n")}\n${sections}`
    .replaceAll(/^ *(?:server|bind) .*\n/gm, "")
    .replace("frontend f\n", `frontend f\nbind 127.0.0.1:${port}\n`)
    .replaceAll(/^backend .*$/gm, `$&\nserver s ${at} pool-max-conn 5`);
  const file = join(server.dir, `haproxy-${port}.cfg`);
  await Bun.write(file, `${lines.trim()}\n`);
  const child = Bun.spawn(["haproxy", "-f", file], { stdio: ["ignore", "ignore", "ignore"] });
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    try {
      (await RawSocket.connect("127.0.0.1", port)).close();
      const end = async (): Promise<void> => {
        child.kill("SIGKILL");
        await child.exited;
      };
      return { port, [Symbol.asyncDispose]: end };
    } catch {
      await Bun.sleep(20); // It is another program's listener: no event reports it.
    }
  }
  child.kill("SIGKILL");
  throw new Error(`haproxy does not listen with ${file}`);
}
