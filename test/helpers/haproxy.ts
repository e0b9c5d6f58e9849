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
 */
export async function startHaproxy(server: ServerProcess, backend: string): Promise<Proxy> {
  const port = freePort();
  const lines = `
    defaults
      mode http
      timeout connect 2s
      timeout client 9s
      timeout server 9s
    frontend f
      bind 127.0.0.1:${port}
      default_backend b
    backend b
      ${backend}
      server s 127.0.0.1:${server.port} pool-max-conn 5
  `;
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
