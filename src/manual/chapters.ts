// The chapters of the manual. They are inside the executable, and only `pounce help` loads them.
import apps from "./apps.md" with { type: "text" };
import architecture from "./architecture.md" with { type: "text" };
import bun from "./bun.md" with { type: "text" };
import commands from "./commands.md" with { type: "text" };
import configuration from "./configuration.md" with { type: "text" };
import costs from "./costs.md" with { type: "text" };
import development from "./development.md" with { type: "text" };
import docker from "./docker.md" with { type: "text" };
import errors from "./errors.md" with { type: "text" };
import executables from "./executables.md" with { type: "text" };
import exitCodes from "./exit-codes.md" with { type: "text" };
import guarantees from "./guarantees.md" with { type: "text" };
import kubernetes from "./kubernetes.md" with { type: "text" };
import limits from "./limits.md" with { type: "text" };
import logging from "./logging.md" with { type: "text" };
import macos from "./macos.md" with { type: "text" };
import metrics from "./metrics.md" with { type: "text" };
import migrate from "./migrate.md" with { type: "text" };
import platforms from "./platforms.md" with { type: "text" };
import proxies from "./proxies.md" with { type: "text" };
import reloads from "./reloads.md" with { type: "text" };
import signals from "./signals.md" with { type: "text" };
import supervisor from "./supervisor.md" with { type: "text" };
import systemd from "./systemd.md" with { type: "text" };
import upgrade from "./upgrade.md" with { type: "text" };

export interface Chapter {
  /** As in `pounce help NAME`, and of the file. */
  readonly name: string;
  /** A few words for the list of chapters, without a full stop. */
  readonly summary: string;
  /** Markdown. */
  readonly text: string;
}

/** In the order in which `pounce help` lists them. */
export const CHAPTERS: readonly Chapter[] = [
  { name: "apps", summary: "what an app is, and its hooks", text: apps },
  {
    name: "configuration",
    summary: "pounce.toml: every key, flag and variable",
    text: configuration,
  },
  {
    name: "commands",
    summary: "commands that speak to a running server, and others",
    text: commands,
  },
  { name: "reloads", summary: "when a reload has ended, and its receipt", text: reloads },
  { name: "signals", summary: "what each signal to the master does", text: signals },
  { name: "exit-codes", summary: "what each exit code means", text: exitCodes },
  { name: "logging", summary: "the log, and the log of requests", text: logging },
  { name: "metrics", summary: "metrics for Prometheus", text: metrics },
  { name: "errors", summary: "answers of pounce itself, and workers that crash", text: errors },
  { name: "guarantees", summary: "what pounce guarantees", text: guarantees },
  { name: "limits", summary: "what it does not guarantee, and file descriptors", text: limits },
  { name: "systemd", summary: "under systemd", text: systemd },
  { name: "supervisor", summary: "under supervisord", text: supervisor },
  { name: "docker", summary: "in a container, and the image", text: docker },
  { name: "kubernetes", summary: "in a pod", text: kubernetes },
  { name: "proxies", summary: "behind HAProxy, nginx and others", text: proxies },
  { name: "upgrade", summary: "a new pounce without losing a request", text: upgrade },
  { name: "executables", summary: "pounce and an app in one file", text: executables },
  { name: "bun", summary: "what is different from `bun app.ts`", text: bun },
  {
    name: "migrate",
    summary: "coming from gunicorn, uvicorn, granian, pm2, Bun.serve",
    text: migrate,
  },
  { name: "platforms", summary: "installing, and where it runs", text: platforms },
  { name: "macos", summary: "what is different on macOS", text: macos },
  { name: "costs", summary: "what pounce costs, measured", text: costs },
  { name: "architecture", summary: "how it works, and which file does what", text: architecture },
  { name: "development", summary: "build, test and measure pounce itself", text: development },
];
