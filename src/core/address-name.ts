// The names of addresses, as the log and the state have them: `127.0.0.1:8000`, `[::1]:8000`, or
// `unix:/run/app.sock`. What is in them: net/address.ts.

/** Begins the name of a Unix socket; its path follows. */
export const UNIX_PREFIX = "unix:";

/** Where people find what listens on an address. @param isSecure it is served over TLS */
export function urlOf(name: string, isSecure = false): string {
  if (name.startsWith(UNIX_PREFIX)) return isSecure ? `${name} (TLS)` : name;
  return `${isSecure ? "https" : "http"}://${name}`;
}
