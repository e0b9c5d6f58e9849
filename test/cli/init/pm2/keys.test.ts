// PM2's keys under all their names, and the apps that its file lists.
import { describe, expect, test } from "bun:test";
import { listApps } from "../../../../src/cli/init/pm2/apps.ts";
import { namedApp, PM2_KEYS } from "../../../../src/cli/init/pm2/keys.ts";

/** All names in the schema of PM2 7, and further ones that it understands. */
const NAMES = `script exec cmd command name name_prefix filter_env namespace install_url cwd args
  exec_interpreter interpreter node_args interpreterArgs interpreter_args out_file out output
  out_log error_file error err err_file err_log log_file log disable_logs log_type log_date_format
  time env max_memory_restart pid_file pid restart_delay exp_backoff_restart_delay
  source_map_support disable_source_map_support wait_ready instances kill_timeout
  shutdown_with_message listen_timeout cron_restart cron merge_logs combine_logs vizion autostart
  autorestart stop_exit_codes watch_delay watch ignore_watch watch_options min_uptime max_restarts
  execute_command exec_mode force append_env_to_name post_update trace disable_trace v8
  event_loop_inspector deep_monitoring increment_var instance_var pmx automation treekill port
  username uid user gid windowsHide kill_retry_time write io`.split(/\s+/);

test("every name that PM2 knows is known, in camel case too", () => {
  const camelCase = PM2_KEYS.map((key) => key.replaceAll(/_(.)/g, (_, it) => it.toUpperCase()));
  const all = [...NAMES, ...camelCase];
  expect(namedApp(Object.fromEntries(all.map((name) => [name, 1]))).unknown).toEqual([]);
  expect(namedApp({ constructor: 1, instancess: 2, env_x: 3 })).toMatchObject({
    unknown: ["constructor", "instancess"],
    environments: new Map([["x", 3]]),
  });
});

test("of several names the first counts, and one without a value does not", () => {
  const { values } = namedApp({ error: "b", error_file: "", err: "c", maxRestarts: 3 });
  expect([...values]).toEqual([
    ["error_file", "b"],
    ["max_restarts", 3],
  ]);
});

describe("apps", () => {
  const app = { script: "a/server.js" };
  test.each<[unknown, string[]]>([
    [{ apps: [app] }, ["server"]],
    [{ apps: app }, ["server"]],
    [
      [app, { ...app, name: "b" }],
      ["server", "b"],
    ],
    [app, ["server"]],
    [{ name: "x", exec: "server.js" }, ["x"]],
    [{ name: "a-package", version: "1.0.0", pm2: [app] }, ["server"]],
    [{ apps: [{}] }, ["number 1"]],
  ])("%j", (file, names) => {
    const listed = listApps(file);
    expect("apps" in listed ? listed.apps.map(({ name }) => name) : listed).toEqual(names);
  });

  test.each([[null], [5], ["x"], [{}], [[]], [{ apps: [] }], [{ name: "a-package" }]])(
    "there is none in %j",
    (file) => {
      expect(listApps(file)).toEqual({ error: expect.stringContaining("it has no apps") });
    },
  );

  test("what is no app is named, and what else is in the file", () => {
    expect(listApps({ apps: [app, "x"] })).toEqual({
      error: "number 2 of its `apps` is not an object",
    });
    expect(listApps({ apps: [app], deploy: {}, static: [] })).toMatchObject({
      leftOut: ["deploy", "static"],
    });
  });
});
