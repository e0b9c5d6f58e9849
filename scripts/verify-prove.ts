// `bun run verify:prove`: what `pounce prove` finds in servers that lose requests over a reload,
// and that it finds nothing in pounce, with every kind of app. Needs Node; installs PM2 into a
// temporary folder. Exit code 1 when a verdict is not the expected one.
//
// The servers run as their documentation shows: see scripts/bench/programs.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPackages, PM2_VERSION } from "./bench/programs/installed.ts";
import { makeCertificate } from "../test/helpers/certificates.ts";
import { benchFile, freePort } from "./bench/servers.ts";
import { build } from "./build.ts";

interface Case {
  readonly name: string;
  readonly argv: readonly string[];
  /** The exit code: 1 for a server that loses requests. */
  readonly code: 0 | 1;
}

const RELOADS = "--reloads=5";
const root = fileURLToPath(new URL("..", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "verify-prove-"));

/** Apps of each kind that pounce serves, by their file. */
const APPS: Readonly<Record<string, string>> = {
  "fetch.ts": `export default { fetch: () => new Response("hello") };\n`,
  "function.ts": `export default () => new Response("hello");\n`,
  "factory.ts": `export async function createApp() { return () => new Response("hello"); }\n`,
  "routes.ts":
    `export default { routes: { "/": new Response("hello") },` +
    ` fetch: () => new Response("no") };\n`,
  "serve.ts": `Bun.serve({ port: 3000, fetch: () => new Response("hello") });\n`,
  "failing.ts": `export default () => new Response("no", { status: 500 });\n`,
};

function ofPounce(): Case[] {
  const modes = ["--post=/echo", "--sse=/sse", "--websocket=/ws"];
  const plain = Object.keys(APPS).map((file) => {
    const app = file === "factory.ts" ? "./factory.ts:createApp()" : `./${file}`;
    return { name: `pounce, ${file}`, argv: [app], code: 0 } as const;
  });
  const programs = ["express.mjs", "fastify.mjs", "nest.mjs", "answer.mjs"].map((file) => {
    return { name: `pounce, ${file}`, argv: [`./${file}`], code: 0 } as const;
  });
  return [
    { name: "pounce, hono.ts", argv: ["./hono.ts", ...modes, "--bad"], code: 0 },
    ...plain,
    ...programs,
  ];
}

/** Pounce over what is not TCP alone: each finds its way by its file. */
const FILES: Readonly<Record<string, string>> = {
  "tls.toml": `app = "./hono.ts"\n[tls]\ncert = "pair.pem"\nkey = "pair.pem"\n`,
  "h2c.toml": `app = "./hono.ts"\nh2c = true\n`,
  "uds.toml": `app = "./hono.ts"\nuds = "app.sock"\n`,
};

function overTransports(): Case[] {
  const paths = ["--post=/echo", "--sse=/sse"];
  return Object.keys(FILES).map((file) => {
    const argv = [`--config=${file}`, ...paths, "--websocket=/ws", "--bad"];
    return { name: `pounce, ${file}`, argv, code: 0 };
  });
}

/**
 * The counter-check: what is said of pounce over any transport is worth as much as the losses that
 * the same clients see in a server that loses some.
 */
function naiveOverTransports(): Case[] {
  const port = freePort();
  const flags = `2 --port=${port} --pair=pair.pem`;
  const argv = [
    `--compare=exec ${process.execPath} ${NAIVE} ./fetch.ts ${flags}`,
    "--reload=kill -HUP $PID",
    `--url=https://127.0.0.1:${port}`,
    "--ca=pair.pem",
  ];
  const modes = "h2,h2-connection,h2-thinking,h2-post";
  return [
    { name: "a naive server over TLS", argv: [...argv, "--modes=connection,silent"], code: 1 },
    { name: "a naive server over HTTP/2", argv: [...argv, `--modes=${modes}`], code: 1 },
    {
      name: "a naive server over a Unix socket",
      argv: [
        `--compare=exec ${process.execPath} ${NAIVE} ./fetch.ts 1 --uds=naive.sock`,
        "--reload=kill -HUP $PID",
        "--url=unix:naive.sock",
      ],
      code: 1,
    },
  ];
}

const NAIVE = join(root, "test/helpers/naive-server.ts");

function ofOthers(): Case[] {
  const reload = "--reload=kill -HUP $PID";
  const cluster = "--compare=exec node cluster.mjs ./answer.mjs";
  const pm2 = "node node_modules/pm2/bin/pm2";
  return [
    {
      name: "a naive server",
      argv: [`--compare=exec ${process.execPath} ${NAIVE} ./fetch.ts 2 --port=$PORT`, reload],
      code: 1,
    },
    { name: "Node's cluster", argv: [cluster, reload], code: 1 },
    {
      name: "PM2",
      argv: [
        `--compare=${pm2} start answer.mjs --name app -i 2`,
        `--reload=${pm2} reload app`,
        `--stop=${pm2} kill`,
      ],
      code: 1,
    },
  ];
}

async function prepare(): Promise<void> {
  await installPackages(dir, { pm2: PM2_VERSION });
  cpSync(benchFile("programs"), dir, { recursive: true });
  const answer = readFileSync(benchFile("peers/files/answer.mjs"), "utf8");
  writeFileSync(join(dir, "answer.mjs"), answer.replace("{{version}}", "v0"));
  cpSync(join(root, "test/fixtures/hono.ts"), join(dir, "hono.ts"));
  const texts = { ...APPS, ...FILES };
  for (const [file, source] of Object.entries(texts)) writeFileSync(join(dir, file), source);
  const { cert, key } = makeCertificate();
  writeFileSync(join(dir, "pair.pem"), cert + key, { mode: 0o600 });
  // What pounce's own tests use is there already.
  for (const name of ["hono", "express", "fastify", "@nestjs", "reflect-metadata", "rxjs"]) {
    symlinkSync(join(root, "node_modules", name), join(dir, "node_modules", name));
  }
  mkdirSync(join(dir, "pm2"));
}

/** Runs it, and shows what it prints. Returns whether the exit code is the expected one. */
async function isAsExpected({ name, argv, code }: Case, pounce: string): Promise<boolean> {
  console.log(`\n== ${name}`);
  const env = { ...process.env, PWD: dir, PM2_HOME: join(dir, "pm2"), HOST: "127.0.0.1" };
  const child = Bun.spawn([pounce, "prove", ...argv, RELOADS], {
    cwd: dir,
    env,
    stdout: 1,
    stderr: 2,
  });
  const found = await child.exited;
  console.log(`exit code ${found}${found === code ? "" : `, EXPECTED ${code}`}`);
  return found === code;
}

const wanted = process.argv.slice(2);
const pounce = await build();
try {
  await prepare();
  const wrong: string[] = [];
  for (const one of [...ofOthers(), ...naiveOverTransports(), ...overTransports(), ...ofPounce()]) {
    if (wanted.length > 0 && !wanted.some((word) => one.name.includes(word))) continue;
    if (!(await isAsExpected(one, pounce))) wrong.push(one.name);
  }
  console.log(wrong.length === 0 ? "\nall as expected" : `\nnot as expected: ${wrong.join("; ")}`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  rmSync(dir, { recursive: true });
}
