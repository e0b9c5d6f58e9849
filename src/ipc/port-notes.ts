// Notes on what an app opens itself: made by a worker, understood by `check`.

/** Something that an app listens on itself. */
export interface OwnSocket {
  /** In words: `port 9000`. */
  readonly name: string;
  /** Several processes can have it at the same time. */
  readonly isShared: boolean;
}

/** Lines for the log about what an app has opened. */
export function notesOfSockets(label: string, sockets: readonly OwnSocket[]): string[] {
  return sockets.map(({ name, isShared }) => {
    const opened = `${label} also opens ${name} itself, in each worker`;
    return isShared
      ? `${opened}. The workers share it, but pounce does not drain it: at a reload, what goes ` +
          "on there is cut off when a worker exits, and connections that wait there may be lost"
      : `${opened}, ${ALONE}: if it is the same each time, no second worker can ` +
          "start, and no reload can succeed";
  });
}

const ALONE = "and only one process can have it";

/** Whether a note is about what two workers cannot have at the same time. */
export function isOfOneAlone(note: string): boolean {
  return note.includes(`${ALONE}: `);
}
