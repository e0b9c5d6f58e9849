// A server whose parent never reaps it: a shell that starts it and then becomes the stop command.
import { pounceBinary } from "./server.ts";
import { finished } from "./finished.ts";

/** Starts a server and stops it in that way. @param runtime folder for its control socket */
export async function stopUnreaped(runtime: string) {
  const script = [
    '"$0" --port 0 --workers 1 >/dev/null &',
    'until "$0" status >/dev/null 2>&1; do sleep 0.1; done',
    'exec "$0" stop',
  ];
  const child = Bun.spawn(["sh", "-c", script.join("\n"), pounceBinary()], {
    cwd: runtime,
    env: { PATH: process.env["PATH"], RUNTIME_DIRECTORY: runtime },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  return finished(child);
}
