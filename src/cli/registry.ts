// All commands of pounce. Each is loaded when it is used: to serve costs nothing for the others.
import { embeddedApp } from "../embedded-app.ts";
import type { Command } from "./command.ts";

/** A command before it is loaded. */
export interface CommandEntry {
  readonly name: string;
  /** One line for the list of commands, without a full stop. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
  /** Of no use in an executable with an app inside. */
  readonly isForPlainPounce?: true;
}

/** The command that serves. It is also the one that runs when none is named. */
export const SERVE: CommandEntry = {
  name: "serve",
  summary: "serve an app in worker processes; the default",
  load: async () => (await import("./commands/serve-command.ts")).serveCommand,
};

/** Commands that speak to a running server. */
const CONTROL: readonly CommandEntry[] = [
  {
    name: "status",
    summary: "show what a running server is doing",
    load: async () => (await import("./commands/status-command.ts")).statusCommand,
  },
  {
    name: "reload",
    summary: "reload a running server, and tell whether it worked",
    load: async () => (await import("./commands/reload-command.ts")).reloadCommand,
  },
  {
    name: "scale",
    summary: "have another number of workers until the next reload",
    load: async () => (await import("./commands/scale-command.ts")).scaleCommand,
  },
  {
    name: "stop",
    summary: "stop a running server gracefully, and wait for its end",
    load: async () => (await import("./commands/stop-command.ts")).stopCommand,
  },
  {
    name: "drain",
    summary: "answer health checks with 503 for a time, serving on",
    load: async () => (await import("./commands/drain-command.ts")).drainCommand,
  },
  {
    name: "logs",
    summary: "tell where the log of a running server goes",
    load: async () => (await import("./commands/logs-command.ts")).logsCommand,
  },
  {
    name: "ls",
    summary: "list the servers that run",
    load: async () => (await import("./commands/ls-command.ts")).lsCommand,
  },
];

/** In the order in which the help lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  SERVE,
  {
    name: "check",
    summary: "check configuration, app and kernel before they are needed",
    load: async () => (await import("./commands/check-command.ts")).checkCommand,
  },
  ...CONTROL,
  {
    name: "init",
    summary: "write a starting point for an app or what runs it",
    load: async () => (await import("./commands/init-command.ts")).initCommand,
    isForPlainPounce: true,
  },
  {
    name: "build",
    summary: "write one executable with pounce and an app inside",
    load: async () => (await import("./commands/build-command.ts")).buildCommand,
    isForPlainPounce: true,
  },
  {
    name: "schema",
    summary: "print the JSON Schema of pounce.toml, for editors",
    load: async () => (await import("./commands/schema-command.ts")).schemaCommand,
  },
  {
    name: "completion",
    summary: "print a completion script for bash, zsh or fish",
    load: async () => (await import("./commands/completion-command.ts")).completionCommand,
  },
  {
    name: "help",
    summary: "explain a command, or print a chapter of the manual",
    load: async () => (await import("./commands/help-command.ts")).helpCommand,
  },
];

/** Those that this executable offers. */
export function offeredCommands(): readonly CommandEntry[] {
  return embeddedApp() === undefined
    ? COMMANDS
    : COMMANDS.filter(({ isForPlainPounce }) => isForPlainPounce !== true);
}
