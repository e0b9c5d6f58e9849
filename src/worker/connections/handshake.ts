// What Bun leaves open about a request that asks for a WebSocket.

const NAMES_UPGRADE = /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i;

/**
 * Whether the headers may begin a WebSocket, as far as Bun does not look at them itself: it asks
 * neither that `Connection` names `Upgrade`, nor that there is no body. A proxy in front that goes
 * by these would take what follows for more requests of its own making, or not know that its rules
 * have been left.
 */
export function isHandshake(headers: Headers): boolean {
  const length = headers.get("content-length");
  return (
    NAMES_UPGRADE.test(headers.get("connection") ?? "") &&
    (length === null || length === "0") &&
    headers.get("transfer-encoding") === null
  );
}
