// Notes on ports that an app opens itself: made by a worker, understood by `check`.
import type { OpenPort } from "../net/listeners.ts";

/** Lines for the log about the ports that an app has opened. */
export function notesOfPorts(label: string, ports: readonly OpenPort[]): string[] {
  return ports.map(({ port, isShared }) => {
    const opened = `${label} also opens port ${port} itself, in each worker`;
    return isShared
      ? `${opened}; pounce does not drain it: requests on it are cut off when a worker exits`
      : `${opened} ${ALONE}: if it is the same each time, no second worker can ` +
          "start, and no reload can succeed";
  });
}

const ALONE = "and without reusePort";

/** Whether a note is about a port that two workers cannot have at the same time. */
export function isOfPortAlone(note: string): boolean {
  return note.includes(`${ALONE}: `);
}
