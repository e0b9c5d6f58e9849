// The chapters of the manual. They are inside the executable, and only `pounce help` loads them.
import acme from "./acme.md" with { type: "text" };
import apps from "./apps.md" with { type: "text" };
import architecture from "./architecture.md" with { type: "text" };
import balance from "./balance.md" with { type: "text" };
import bun from "./bun.md" with { type: "text" };
import commands from "./commands.md" with { type: "text" };
import configuration from "./configuration.md" with { type: "text" };
import costs from "./costs.md" with { type: "text" };
import deploy from "./deploy.md" with { type: "text" };
import dev from "./dev.md" with { type: "text" };
import development from "./development.md" with { type: "text" };
import docker from "./docker.md" with { type: "text" };
import errors from "./errors.md" with { type: "text" };
import executables from "./executables.md" with { type: "text" };
import exitCodes from "./exit-codes.md" with { type: "text" };
import glossary from "./glossary.md" with { type: "text" };
import guarantees from "./guarantees.md" with { type: "text" };
import hostileInput from "./hostile-input.md" with { type: "text" };
import http2 from "./http2.md" with { type: "text" };
import install from "./install.md" with { type: "text" };
import kubernetes from "./kubernetes.md" with { type: "text" };
import limits from "./limits.md" with { type: "text" };
import logging from "./logging.md" with { type: "text" };
import macos from "./macos.md" with { type: "text" };
import metrics from "./metrics.md" with { type: "text" };
import migrate from "./migrate.md" with { type: "text" };
import peers from "./peers.md" with { type: "text" };
import platforms from "./platforms.md" with { type: "text" };
import privileges from "./privileges.md" with { type: "text" };
import programs from "./programs.md" with { type: "text" };
import prove from "./prove.md" with { type: "text" };
import proxies from "./proxies.md" with { type: "text" };
import reloads from "./reloads.md" with { type: "text" };
import rollouts from "./rollouts.md" with { type: "text" };
import signals from "./signals.md" with { type: "text" };
import staticFiles from "./static-files.md" with { type: "text" };
import supervisor from "./supervisor.md" with { type: "text" };
import systemd from "./systemd.md" with { type: "text" };
import tls from "./tls.md" with { type: "text" };
import unixSockets from "./unix-sockets.md" with { type: "text" };
import upgrade from "./upgrade.md" with { type: "text" };
import websockets from "./websockets.md" with { type: "text" };
import workers from "./workers.md" with { type: "text" };

interface Chapter {
  /** As in `pounce help NAME`, and of the file. */
  readonly name: string;
  /** A few words for the list of chapters, without a full stop. */
  readonly summary: string;
  /** Other words that `pounce help` knows it by: what people look for, in lower case. */
  readonly words?: readonly string[];
  /** Markdown. */
  readonly text: string;
}

/** In the order in which `pounce help` lists them. */
export const CHAPTERS: readonly Chapter[] = [
  {
    name: "install",
    summary: "from a release, with npm and others, from source; updating",
    text: install,
  },
  { name: "apps", summary: "what an app is, what it may export, and its hooks", text: apps },
  { name: "programs", summary: "apps that start their own server", text: programs },
  {
    name: "static-files",
    summary: "files, compression, and what they cost",
    words: ["static", "compression", "gzip"],
    text: staticFiles,
  },
  {
    name: "configuration",
    summary: "pounce.toml, flags and variables: every key",
    words: ["config", "port", "host", "env", "toml"],
    text: configuration,
  },
  { name: "commands", summary: "every command, and how it finds its server", text: commands },
  { name: "dev", summary: "an app while you write it: what is watched, limits", text: dev },
  { name: "reloads", summary: "a reload step by step, and its receipt", text: reloads },
  {
    name: "rollouts",
    summary: "new versions on trial: canary, bake, rollback, strategies",
    words: ["rollout", "canary", "bake", "rollback", "standby", "rolling", "blue-green"],
    text: rollouts,
  },
  { name: "signals", summary: "what each signal does", text: signals },
  { name: "exit-codes", summary: "what each exit code means", words: ["exit"], text: exitCodes },
  { name: "guarantees", summary: "what is guaranteed", text: guarantees },
  {
    name: "limits",
    summary: "limits of clients, what is not guaranteed, file descriptors",
    words: ["timeouts", "timeout"],
    text: limits,
  },
  {
    name: "errors",
    summary: "errors of the app, crashes, and answers of pounce itself",
    text: errors,
  },
  {
    name: "workers",
    summary: "workers that crash, hang or leak, and how they are replaced",
    words: ["hang", "hung", "watchdog", "crash", "respawn", "recycle", "leak"],
    text: workers,
  },
  { name: "prove", summary: "what clients lose over reloads, of any server", text: prove },
  { name: "websockets", summary: "WebSockets over a reload", text: websockets },
  {
    name: "logging",
    summary: "the log, errors in it, and the access log",
    words: ["log"],
    text: logging,
  },
  { name: "metrics", summary: "metrics for Prometheus", words: ["prometheus"], text: metrics },
  { name: "deploy", summary: "what runs pounce, and a deploy step by step", text: deploy },
  { name: "systemd", summary: "under systemd", text: systemd },
  { name: "supervisor", summary: "under supervisord", text: supervisor },
  { name: "docker", summary: "in a container, and a small image", text: docker },
  { name: "kubernetes", summary: "in a pod", words: ["k8s"], text: kubernetes },
  {
    name: "tls",
    summary: "certificates and keys, several names, HTTP/2",
    words: ["ssl", "https", "certificates", "ciphers", "sni"],
    text: tls,
  },
  {
    name: "acme",
    summary: "certificates by themselves, from Let's Encrypt and others",
    words: ["letsencrypt", "certbot"],
    text: acme,
  },
  {
    name: "http2",
    summary: "HTTP/2: what a reload does to clients, limits",
    words: ["h2", "h2c", "grpc"],
    text: http2,
  },
  {
    name: "unix-sockets",
    summary: "a Unix socket in place of a port, and sockets of systemd",
    words: ["uds", "unix", "socket"],
    text: unixSockets,
  },
  {
    name: "proxies",
    summary: "behind HAProxy, nginx and others",
    words: ["proxy", "nginx", "haproxy", "caddy", "traefik", "cdn"],
    text: proxies,
  },
  {
    name: "balance",
    summary: "which worker gets a connection; clients that stay with theirs",
    words: ["affinity", "sticky", "sessions", "steering"],
    text: balance,
  },
  {
    name: "privileges",
    summary: "workers of another user than root",
    words: ["user", "root", "group"],
    text: privileges,
  },
  {
    name: "hostile-input",
    summary: "what becomes of requests that are wrong, and of slow clients",
    words: ["security", "slowloris", "smuggling"],
    text: hostileInput,
  },
  { name: "upgrade", summary: "a new version of pounce, by USR2", text: upgrade },
  { name: "executables", summary: "one file with pounce and an app inside", text: executables },
  { name: "bun", summary: "what is different from bun app.ts", text: bun },
  {
    name: "migrate",
    summary: "coming from PM2, Node's cluster, node, Docker, gunicorn and others",
    words: ["pm2", "gunicorn", "cluster"],
    text: migrate,
  },
  { name: "platforms", summary: "where pounce runs", text: platforms },
  { name: "macos", summary: "what is different on macOS", text: macos },
  { name: "costs", summary: "what pounce costs, measured", text: costs },
  { name: "peers", summary: "pounce beside other servers, measured", text: peers },
  {
    name: "architecture",
    summary: "how pounce works, and which file does what",
    text: architecture,
  },
  { name: "glossary", summary: "the words of the manual and the code", text: glossary },
  { name: "development", summary: "building and testing pounce itself", text: development },
];
