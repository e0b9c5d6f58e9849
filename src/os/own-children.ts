// Processes that this one has started, besides workers, and that have not been seen to end: whoever
// reaps orphans leaves them to Bun.

const children = new Set<number>();

export function addChild(pid: number): void {
  children.add(pid);
}

export function removeChild(pid: number): void {
  children.delete(pid);
}

export function isOwnChild(pid: number): boolean {
  return children.has(pid);
}
