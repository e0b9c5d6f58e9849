// Whether a server's certificate is one that is taken.
import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import type { Socket } from "bun";
import { isUnix } from "../../net/address.ts";
import type { Endpoint } from "./endpoint.ts";
import { codeOf } from "./line.ts";

const REMEDY = "; --ca FILE has it trusted, or --insecure";

function isOtherName(error: Error): boolean {
  return codeOf(error) === "ERR_TLS_CERT_ALTNAME_INVALID";
}

/** The name that a server is asked for and must have; undefined: any will do. */
export function serverNameOf(endpoint: Endpoint): string | undefined {
  return endpoint.tls?.serverName ?? (isUnix(endpoint) ? undefined : endpoint.host);
}

/**
 * What is wrong with it; undefined: it is taken.
 * @param error what Bun finds wrong with its chain or its names
 */
export function certificateProblem(
  socket: Socket,
  endpoint: Endpoint,
  error: Error | null,
): string | undefined {
  const { pinned, isUnchecked = false } = endpoint.tls ?? {};
  if (isUnchecked) return undefined;
  if (pinned !== undefined) {
    const { fingerprint256 } = socket.getPeerCertificate();
    const fingerprint = fingerprint256.replaceAll(":", "").toLowerCase();
    if (pinned.includes(fingerprint)) return undefined;
    return `another certificate than the server's own: SHA-256 ${fingerprint}`;
  }
  if (error !== null) return isOtherName(error) ? error.message : `${error.message}${REMEDY}`;
  const name = serverNameOf(endpoint);
  // Names are Bun's to check, addresses are not.
  if (name === undefined || isIP(name) === 0) return undefined;
  return checkServerIdentity(name, socket.getPeerCertificate())?.message;
}
