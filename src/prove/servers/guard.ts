// Sees to it that nothing is left behind by a `pounce prove` that cannot see to it itself, because
// it was killed: a shell that waits for the end of a pipe. The kernel closes the pipe when prove
// ends, however it ends.
import type { Subprocess } from "bun";

/**
 * Lines name the process group of the server, and that of a command that runs, if one does. When
 * the lines end: KILL to the command, then the command that stops what has left the server's group
 * ($1), TERM to that group, KILL after five seconds, and away with the folder ($2). `exit` as the
 * last line: there is nothing to do.
 */
const SCRIPT = `
trap "" HUP INT QUIT TERM
group= command= exit=
while read -r what number; do
  case $what in
    server) group=$number ;;
    command) command=$number ;;
    exit) exit=yes ;;
  esac
done
[ -z "$exit" ] || exit 0
[ -z "$command" ] || kill -KILL -"$command" 2>/dev/null
if [ -n "$group" ]; then
  [ -z "$1" ] || sh -c "$1" >/dev/null 2>&1 </dev/null
  kill -TERM -"$group" 2>/dev/null
  tries=0
  while kill -0 -"$group" 2>/dev/null && [ "$tries" -lt 50 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  kill -KILL -"$group" 2>/dev/null
fi
rm -rf -- "$2"
`;

export class Guard {
  readonly #shell: Subprocess<"pipe", "ignore", "ignore">;

  /**
   * @param folder removed at the end, if prove cannot do so
   * @param stop a command that ends what has left its process group; empty: none
   */
  constructor(folder: string, stop: string, env: Record<string, string | undefined>) {
    // In a session of its own, as a Ctrl-C at the terminal is not for it.
    this.#shell = Bun.spawn(["/bin/sh", "-c", SCRIPT, "pounce-prove-guard", stop, folder], {
      detached: true,
      env,
      stdin: "pipe",
      stdout: "ignore",
      stderr: "ignore",
    });
  }

  /** Names the process group of the server. */
  watch(group: number): void {
    this.#write(`server ${group}\n`);
  }

  /** Names the process group of a command that runs; undefined: it has ended. */
  watchCommand(group: number | undefined): void {
    this.#write(`command ${group ?? ""}\n`);
  }

  /** All has been ended. Resolves when the guard has gone. */
  async release(): Promise<void> {
    this.#write("exit\n");
    await this.#shell.stdin.end();
    await this.#shell.exited;
  }

  #write(line: string): void {
    void this.#shell.stdin.write(line);
    void this.#shell.stdin.flush();
  }
}
