// What a command says when a signal ends it. All other commands than those that become a server end
// at once, whatever they are waiting for.

let tell: (() => void) | undefined;

/** @param how undefined: there is nothing to say */
export function ifEnded(how: (() => void) | undefined): void {
  tell = how;
}

/** A signal has ended the command that runs. */
export function tellEnded(): void {
  tell?.();
}
