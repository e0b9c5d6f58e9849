// nginx in front of a server under test, on a port of its own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports.ts";
import { RawSocket } from "./requests.ts";

interface Proxy {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts it, with connections to the server that are kept and shared, and waits until it listens.
 * @param lines for the location that is passed on
 * @param given in its place, as the manual has it: a location, or all from `map` to `server`, for
 *   a server on port 8000
 */
export async function startNginx(
  server: { port: number; path?: string | undefined },
  lines: string,
  given?: string,
): Promise<Proxy> {
  const port = freePort();
  const upstream = server.path === undefined ? `127.0.0.1:${server.port}` : `unix:${server.path}`;
  const dir = await mkdtemp(join(tmpdir(), "pounce-nginx-"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${dir}/${name};`,
  );
  const app = `server ${upstream} max_fails=0; keepalive 5; keepalive_timeout 5s;`;
  const listen = `listen 127.0.0.1:${port} backlog=4096;`;
  const location = given?.replace("http://127.0.0.1:8000", "http://app") ?? ownLocation(lines);
  const sections = given?.includes("server {")
    ? given.replace(/(?<=upstream my_app \{)[^}]*/, app).replace("listen 80;", listen)
    : `upstream app { ${app} } server { ${listen} ${location} }`;
  const config = `
    daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error.log;
    events { worker_connections 8192; }
    http {
      access_log off; ${temporary.join(" ")}
${sections}
    }
  `;
  const file = join(dir, "nginx.conf");
  await Bun.write(file, config);
  const child = Bun.spawn(["nginx", "-e", `${dir}/error.log`, "-c", file], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    await child.exited;
    await rm(dir, { recursive: true });
  };
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    try {
      (await RawSocket.connect("127.0.0.1", port)).close();
      return { port, [Symbol.asyncDispose]: end };
    } catch {
      await Bun.sleep(20); // It is another program's listener: no event reports it.
    }
  }
  const log = await Bun.file(join(dir, "error.log")).text();
  await end();
  throw new Error(`nginx does not listen: ${log}`);
}

function ownLocation(lines: string): string {
  return `location / {
    proxy_pass http://app;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_next_upstream off;
    ${lines}
  }`;
}
