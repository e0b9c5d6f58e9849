// Which of the servers that a program has started is its service, to be served by pounce.

/** What is known of a captured server. */
export interface Candidate {
  /** The port that it asks for; 0: any; undefined: a Unix socket. */
  readonly port: number | undefined;
}

/**
 * The one that asks for a port of ours, since `PORT` is ours too; else the first that asks for a
 * particular port; else the first. Programs open other ports for metrics or administration, often
 * before their main one.
 * @param ports those that pounce listens on
 */
export function chooseServer<S extends Candidate>(
  servers: readonly S[],
  ports: readonly number[],
): S | undefined {
  const ours = servers.find(({ port }) => asksFor(port, ports));
  return ours ?? servers.find(({ port }) => port !== undefined && port > 0) ?? servers[0];
}

/** Whether a program's next server might be chosen instead of those that it has started before. */
export function mayBeChosen<S extends Candidate>(
  server: Candidate,
  before: readonly S[],
  ports: readonly number[],
): boolean {
  return chooseServer<Candidate>([...before, server], ports) === server;
}

/** Whether a program asks for one of our ports. Port 0 is no particular one. */
export function asksFor(port: number | undefined, ports: readonly number[]): boolean {
  return port !== undefined && port !== 0 && ports.includes(port);
}

/** What a module exports, beside the servers that it has started. */
export interface Exported {
  /** The user has named the export. */
  readonly isNamed: boolean;
  /** It has a `fetch`. */
  readonly isApp: boolean;
  /** The captured server serves the same. */
  readonly isSame: boolean;
}

/** Whether pounce serves what a module exports, rather than the server that it has started. */
export function isExportServed(
  captured: Candidate,
  ports: readonly number[],
  { isNamed, isApp, isSame }: Exported,
): boolean {
  if (isNamed) return true;
  return isApp && !isSame && !asksFor(captured.port, ports);
}
