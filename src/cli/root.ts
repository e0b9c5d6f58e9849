// All commands of pounce, in the order of the help. Each is loaded when it is used, so serving pays
// nothing for the others.
import { embeddedApp } from "../embedded-app.ts";
import type { Command, Root } from "./define.ts";

type Commands = Readonly<Record<string, () => Promise<Command>>>;

const SERVERS: Commands = {
  serve: async () => (await import("./commands/serve-command.ts")).serveCommand,
  check: async () => (await import("./commands/check-command.ts")).checkCommand,
  prove: async () => (await import("./commands/prove-command.ts")).proveCommand,
  status: async () => (await import("./commands/status-command.ts")).statusCommand,
  reload: async () => (await import("./commands/reload-command.ts")).reloadCommand,
  rollback: async () => (await import("./commands/rollback-command.ts")).rollbackCommand,
  scale: async () => (await import("./commands/scale-command.ts")).scaleCommand,
  stop: async () => (await import("./commands/stop-command.ts")).stopCommand,
  drain: async () => (await import("./commands/drain-command.ts")).drainCommand,
  logs: async () => (await import("./commands/logs-command.ts")).logsCommand,
  ls: async () => (await import("./commands/ls-command.ts")).lsCommand,
};

/** An executable with an app inside has no use for these and does not offer them. */
export const FOR_PLAIN_POUNCE: Commands = {
  dev: async () => (await import("./commands/dev-command.ts")).devCommand,
  init: async () => (await import("./commands/init-command.ts")).initCommand,
  build: async () => (await import("./commands/build-command.ts")).buildCommand,
};

const OTHERS: Commands = {
  schema: async () => (await import("./commands/schema-command.ts")).schemaCommand,
  completion: async () => (await import("./commands/completion-command.ts")).completionCommand,
  help: async () => (await import("./commands/help-command.ts")).helpCommand,
};

const offered = embeddedApp() === undefined ? FOR_PLAIN_POUNCE : {};

export const ROOT: Root = {
  meta: {
    name: "pounce",
    description: "Serves an app in worker processes; SIGHUP reloads it without losing one request.",
  },
  subCommands: { ...SERVERS, ...offered, ...OTHERS },
  default: "serve",
  serving: ["serve", "dev"],
};
