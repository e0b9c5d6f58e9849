// What other servers call the keys of pounce: the one table for keys in the file, flags and
// variables. A name in two rows stands for both: nginx's `listen` is host and port.

/** By the key's name with that of its table, as in its variable. Case, "-" and "_" do not count. */
export const OTHER_NAMES: Readonly<Record<string, string>> = {
  app: "script entry",
  host: "address bind hostname listen",
  port: "bind listen",
  workers: "instances processes threads num_workers worker_processes",
  working_directory: "chdir cwd working_dir",
  user: "uid run_as",
  group: "gid",
  reload_timeout: "graceful_timeout",
  shutdown_timeout: "kill_timeout timeout_graceful_shutdown worker_shutdown_timeout",
  keep_alive_timeout: "keepalive keep_alive idle_timeout timeout_keep_alive",
  request_timeout: "timeout",
  trusted_proxies: "forwarded_allow_ips trust_proxy",
  pid_file: "pid",
  tls_cert: "certfile ssl_certfile ssl_certificate",
  tls_key: "keyfile ssl_keyfile ssl_certificate_key",
  log_level: "verbosity",
  log_access: "access_log accesslog",
  limits_max_request_size:
    "max_body max_body_size body_limit body_size_limit client_max_body_size " +
    "max_request_body_size",
  limits_max_connections: "worker_connections limit_concurrency max_clients",
  limits_header_timeout: "client_header_timeout",
  recycle_max_requests: "limit_max_requests max_requests_per_child",
  recycle_max_rss: "max_memory max_memory_restart memory_limit",
  respawn_max_crashes: "max_restarts",
};

const MEANINGS: ReadonlyMap<string, readonly string[]> = inverted();

function inverted(): Map<string, string[]> {
  const meanings = new Map<string, string[]>();
  for (const [key, others] of Object.entries(OTHER_NAMES)) {
    for (const other of others.split(" ").map(squeezed)) {
      meanings.set(other, [...(meanings.get(other) ?? []), key]);
    }
  }
  return meanings;
}

/** The keys that a name of another server's stands for here; none if it is not known. */
export function namesHere(name: string): readonly string[] {
  return MEANINGS.get(squeezed(name)) ?? [];
}

/** `client-max-body-size`, `clientMaxBodySize` and `CLIENT_MAX_BODY_SIZE` are one name. */
function squeezed(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}
