// Files that are no longer what a generation was loaded from, and what to do about them.

/** The most files that a message names. */
const MOST_FILES = 5;
export const REMEDY = "reload to serve what is on disk now, or put the files back";

export function changedSince(files: readonly string[], generation: number): string {
  const named = files.slice(0, MOST_FILES).join(", ");
  const more = files.length > MOST_FILES ? ` and ${files.length - MOST_FILES} more` : "";
  const have = files.length === 1 ? "has" : "have";
  return `${named}${more} ${have} changed since generation ${generation} was loaded`;
}
