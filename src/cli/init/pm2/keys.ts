// The keys of an app in PM2's file, with every name that PM2 takes for them.

/** A key's own name, and its other names; PM2 also takes each in camel case. */
const OTHER_NAMES = {
  script: ["exec", "cmd", "command"],
  name: [],
  name_prefix: [],
  append_env_to_name: [],
  namespace: [],
  cwd: [],
  args: [],
  exec_interpreter: ["interpreter"],
  node_args: ["interpreterArgs", "interpreter_args"],
  exec_mode: [],
  execute_command: [],
  instances: [],
  increment_var: [],
  instance_var: [],
  port: [],
  env: [],
  filter_env: [],
  out_file: ["out", "output", "out_log"],
  error_file: ["error", "err", "err_file", "err_log"],
  log_file: ["log"],
  disable_logs: [],
  log_type: [],
  log_date_format: [],
  time: [],
  merge_logs: ["combine_logs"],
  pid_file: ["pid"],
  max_memory_restart: [],
  kill_timeout: [],
  kill_retry_time: [],
  listen_timeout: [],
  wait_ready: [],
  shutdown_with_message: [],
  restart_delay: [],
  exp_backoff_restart_delay: [],
  min_uptime: [],
  max_restarts: [],
  autostart: [],
  autorestart: [],
  stop_exit_codes: [],
  cron_restart: ["cron"],
  watch: [],
  watch_delay: [],
  ignore_watch: [],
  watch_options: [],
  source_map_support: [],
  disable_source_map_support: [],
  uid: ["user"],
  gid: [],
  username: [],
  treekill: [],
  windowsHide: [],
  force: [],
  write: [],
  install_url: [],
  vizion: [],
  post_update: [],
  pmx: [],
  automation: [],
  io: [],
  trace: [],
  disable_trace: [],
  v8: [],
  event_loop_inspector: [],
  deep_monitoring: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Pm2Key = keyof typeof OTHER_NAMES;

export const PM2_KEYS = Object.keys(OTHER_NAMES) as Pm2Key[];

/** An app of PM2's file as it was written, with any names. */
export type RawApp = Readonly<Record<string, unknown>>;

/** The same with every key under its own name. */
export interface NamedApp {
  readonly values: ReadonlyMap<Pm2Key, unknown>;
  /** What `env_NAME` has, by NAME. */
  readonly environments: ReadonlyMap<string, unknown>;
  /** Names that PM2 does not have. */
  readonly unknown: readonly string[];
}

/** Every name of a key, the one that counts first. */
function namesOf(key: Pm2Key): string[] {
  const camelCase = key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return [...new Set([key, ...OTHER_NAMES[key], camelCase])];
}

const KEY_OF: ReadonlyMap<string, Pm2Key> = new Map(
  PM2_KEYS.flatMap((key) => namesOf(key).map((name) => [name, key] as const)),
);

/** Where a key stands under several names, the first of its names counts, as in PM2. */
export function namedApp(raw: RawApp): NamedApp {
  const values = new Map<Pm2Key, unknown>();
  for (const key of PM2_KEYS) {
    const name = namesOf(key).find((it) => isGiven(raw[it]));
    if (name !== undefined) values.set(key, raw[name]);
  }
  const others = Object.keys(raw).filter((name) => !KEY_OF.has(name));
  const environments = others.filter((name) => /^env_\S+$/.test(name));
  return {
    values,
    environments: new Map(environments.map((name) => [name.slice("env_".length), raw[name]])),
    unknown: others.filter((name) => !environments.includes(name) && isGiven(raw[name])),
  };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
