// The keys of `[tls]` and `[limits]`: how clients are served, and what they may do.
import * as v from "valibot";
import { TLS_VERSIONS } from "../../tls/served.ts";
import { directoryUrl, domainList, mailAddress } from "./acme-types.ts";
import { oneOf } from "./choice-type.ts";
import { pathList } from "./env-types.ts";
import { key } from "./key.ts";
import { size } from "./size-type.ts";
import { onOff } from "./switch-type.ts";
import { duration, filePath, wholeNumber } from "./value-types.ts";
import { GIB, TIB } from "./units.ts";

export const TLS_KEYS = v.optional(
  v.strictObject({
    cert: key(pathList(), {
      meaning: "file of the certificate and its chain (PEM), or several for several names",
      unset: "no TLS",
    }),
    key: key(pathList(), {
      meaning: "file of its private key (PEM), one for each certificate",
    }),
    http2: key(onOff(), {
      meaning: "offer HTTP/2 beside HTTP/1.1",
      defaultValue: true,
    }),
    min_version: key(oneOf(TLS_VERSIONS), {
      meaning: "lowest version of TLS",
      defaultValue: "1.2",
    }),
    acme: v.optional(
      v.strictObject({
        domains: key(domainList(), {
          meaning: "names to get certificates for, and to renew them, instead of cert and key",
          unset: "none",
        }),
        email: key(mailAddress(), {
          meaning: "where the CA writes to",
        }),
        directory: key(directoryUrl(), {
          meaning: "the CA: its ACME directory",
          defaultValue: "https://acme-v02.api.letsencrypt.org/directory",
        }),
        ca: key(filePath(), {
          meaning: "whom to trust as the CA's server (PEM), if it is a private one",
        }),
        http_port: key(wholeNumber(1, 65_535), {
          meaning: "port for the CA's questions (HTTP-01)",
          defaultValue: 80,
        }),
      }),
      {},
    ),
  }),
  {},
);

export const LIMITS_KEYS = v.optional(
  v.strictObject({
    // Zero is refused: some would take it for no limit, and others for no bodies.
    max_request_size: key(size({ min: 1, max: TIB }), {
      meaning: "largest request body, then 413; the app's own maxRequestBodySize wins",
      defaultValue: "16MiB",
    }),
    max_connections: key(wholeNumber(0, 1_000_000), {
      meaning: "connections per worker, then 503; 0: any",
      defaultValue: 0,
    }),
    min_upload_rate: key(size({ min: 0, max: GIB }), {
      meaning: "least bytes per second of a request body over 30s, then 408; 0: none",
      defaultValue: "1KiB",
    }),
    // Bun itself closes a connection whose first head takes 12 s.
    header_timeout: key(duration({ minMs: 1000, maxMs: 12_000 }), {
      meaning: "how long the head of each request may take, then 408",
      defaultValue: "10s",
    }),
  }),
  {},
);
