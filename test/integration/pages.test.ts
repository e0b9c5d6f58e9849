// HTML imports: pages and their files are there in every worker from the start, as they were when
// it was loaded.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fingerprint, nameOf, STEADY_REQUESTS, writeAnswerFiles } from "../helpers/answers.ts";
import { fixture } from "../helpers/fixtures.ts";
import { ask, exchange, RawSocket, type Reply } from "../helpers/requests.ts";
import { pounceBinary, runPounce, spawnExecutable, startPounce } from "../helpers/server.ts";
import { stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const APP =
  'import page from "./page.html"; export default { routes: { "/*": page }, fetch() {} };';

/** The files that a page names. */
function filesOf(text: string): string[] {
  return [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
}

async function writeBrokenPage(dir: string): Promise<void> {
  await Bun.write(join(dir, "page.html"), '<script src="./missing.ts"></script>');
}

/** The page itself would be what its wildcard answers for a file that is not there. */
function isFile({ status, headers }: Reply): boolean {
  return status === 200 && headers.get("content-type")?.includes("html") === false;
}

test.concurrent(
  "a worker that has not served a page has its files, and a deploy in place does not change it",
  async () => {
    await using server = await startPounce({
      app: APP,
      prepare: writeAnswerFiles,
      config: { workers: 1 },
    });
    await server.write("page.html", "<!doctype html><p>the next version");
    const files = filesOf((await ask(server, "/")).text);
    expect(files).toHaveLength(2);
    const sockets = await Promise.all(files.map(() => RawSocket.connect("127.0.0.1", server.port)));
    await server.steer();
    for (const [index, socket] of sockets.entries()) {
      const path = files[index] ?? "";
      expect(isFile(await exchange(socket, { path }))).toBe(true);
    }
    expect((await ask(server, "/")).text).toContain("the next version");
    const worker = await startPounce({ app: APP, prepare: writeAnswerFiles });
    for (const path of files) {
      const replies = await Promise.all(Array.from({ length: 8 }, () => ask(worker, path)));
      expect(replies.every(isFile)).toBe(true);
    }
    // The image is named by the script alone.
    const script = files.find((path) => path.endsWith(".js")) ?? "";
    const image = /\/image-\w+\.png/.exec((await ask(worker, script)).text)?.[0] ?? "";
    expect((await ask(worker, image)).headers.get("content-type")).toBe("image/png");
    await worker.dispose();
  },
  60_000,
);

test.concurrent(
  "what a worker answers is what Bun itself answers, pages and their files included",
  async () => {
    await using server = await startPounce({ app: fixture("answers"), prepare: writeAnswerFiles });
    const program = `const { default: app } = await import("./app.ts");
      console.log(Bun.serve({ ...app, port: 0, development: false }).port);`;
    await server.write("program.ts", program);
    const bun = Bun.spawn([process.execPath, "program.ts"], { cwd: server.dir, stdout: "pipe" });
    try {
      const reader = bun.stdout.getReader();
      const port = Number(new TextDecoder().decode((await reader.read()).value));
      const differences: string[] = [];
      const files = filesOf((await ask({ port }, "/page")).text).map((path) => ({ path }));
      for (const request of [...STEADY_REQUESTS, ...files]) {
        const [ours, buns] = await Promise.all([ask(server, request), ask({ port }, request)]);
        if (fingerprint(ours) !== fingerprint(buns)) {
          differences.push(`${nameOf(request)}\n${fingerprint(ours)}\n---\n${fingerprint(buns)}`);
        }
      }
      expect(files).toHaveLength(2);
      expect(differences).toEqual([]);
    } finally {
      bun.kill();
    }
  },
  60_000,
);

test.concurrent(
  "a page that cannot be bundled rejects the version, and says why",
  async () => {
    const { code, stderr } = await runPounce({ app: APP, prepare: writeBrokenPage });
    expect(code).toBe(1);
    expect(stderr).toMatch(/app \.\/app\.ts: the page .*page\.html cannot be bundled/);
    expect(stderr).toContain("missing.ts");
  },
  60_000,
);

test.concurrent(
  "an executable of `pounce build` has its pages, and gives the same answers while draining",
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "pounce-pages-"));
    try {
      await writeAnswerFiles(dir);
      await Bun.write(join(dir, "app.ts"), APP);
      await using server = await spawnExecutable("./server", ["-p", "0", "-w", "1"], (folder) => {
        const argv = [pounceBinary(), "build", "./app.ts", "-o", join(folder, "server")];
        expect(Bun.spawnSync(argv, { cwd: dir }).exitCode).toBe(0);
      });
      await server.untilListening();
      const page = await ask(server, "/");
      const paths = ["/", ...filesOf(page.text)];
      expect(paths).toHaveLength(3);
      const clients = await Promise.all(
        paths.map(async (path) => {
          const socket = await RawSocket.connect("127.0.0.1", server.port);
          return { path, socket, before: fingerprint(await exchange(socket, { path })) };
        }),
      );
      await server.steer();
      for (const { path, socket, before } of clients) {
        for (let closes = false; !closes;) {
          const reply = await exchange(socket, { path });
          ({ closes } = reply);
          expect(fingerprint(reply)).toBe(before);
        }
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
  60_000,
);
