// A word of a command that people copy into a shell.

/** In quotes where it needs them. */
export function shellWord(word: string): string {
  return /^[\w./@%+=:,~-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
