// What `pounce init app` and `pounce init docker` write is built as it is, but for its base, which
// no registry is needed for then, and runs.
//   bun test ./test/deploy/docker.deploy.ts
// packages: runc, buildah
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "../../package.json";
import { cannotRunContainers, startContainer } from "../helpers/container.ts";
import { makeImageArchive, unpackImage, variablesOf } from "../helpers/image.ts";
import { ask } from "../helpers/requests.ts";
import { pounceBinary, stopAllServers } from "../helpers/server.ts";
import { isMissing, runTool } from "../helpers/tools.ts";

setDefaultTimeout(240_000);

const dir = mkdtempSync(join(tmpdir(), "pounce-docker-test-"));
const folders = [dir];
afterAll(async () => {
  await stopAllServers();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Runs buildah with a store of its own, without mounts and without a network. */
function buildah(...args: string[]): string {
  const store = ["--root", join(dir, "store"), "--runroot", join(dir, "run")];
  const { code, stdout, stderr } = runTool("buildah", [...store, "--storage-driver=vfs", ...args]);
  if (code !== 0) throw new Error(`buildah ${args[0]}: ${stderr}`);
  return stdout.trim();
}

/** What a user does in the folder of an app. */
function makeContext(): string {
  const context = join(dir, "app");
  for (const kind of ["app", "docker"]) {
    const made = Bun.spawnSync([pounceBinary(), "init", kind, "--dir", context]);
    expect(made.exitCode).toBe(0);
  }
  copyFileSync(pounceBinary(), join(context, "pounce"));
  return context;
}

describe.skipIf(isMissing("buildah") || isMissing("apt-get") || cannotRunContainers())(
  "the Dockerfile of `pounce init docker`",
  () => {
    test("makes an image that serves, answers its commands, reloads at HUP and stops at TERM", async () => {
      const context = makeContext();
      const base = makeImageArchive(join(dir, "image"));
      const pulled = buildah("pull", `oci-archive:${base.path}:pounce:${version}`);
      const dockerfile = join(context, "Dockerfile");
      const text = readFileSync(dockerfile, "utf8");
      expect(text).toMatch(/^FROM debian:/m);
      writeFileSync(dockerfile, text.replace(/^FROM .*$/m, `FROM ${pulled}`));
      buildah("build", "--isolation=chroot", "--pull-never", "-t", "pounce-app", context);
      const archive = join(dir, "app.tar");
      buildah("push", "pounce-app", `oci-archive:${archive}`);

      const unpacked = unpackImage(archive);
      folders.push(unpacked.dir);
      const [image] = unpacked.images;
      if (image === undefined) throw new Error("no image");
      expect(image.config).toMatchObject({
        User: "65532:65532",
        WorkingDir: "/app",
        Entrypoint: ["/usr/local/bin/pounce"],
        Cmd: ["--config", "pounce.toml"],
      });
      await using container = await startContainer({
        root: image.root,
        hasApp: true,
        args: image.config.Cmd ?? [],
        env: { ...variablesOf(image.config), POUNCE_PORT: "0" },
        scratch: ["/tmp"],
      });
      const { server } = container;
      expect((await ask(server, "/")).text).toBe("Hello from pounce\n");
      expect(server.logs.text()).toContain("Listening on http://0.0.0.0:");
      expect(server.logs.matching("[WARN]")).toEqual([]);
      expect(await container.exec("status")).toMatchObject({
        code: 0,
        output: expect.stringContaining("ready"),
      });
      container.kill("SIGHUP");
      await server.waitForLog("Graceful reload complete");
      container.kill("SIGTERM");
      expect(await server.exited).toEqual({ code: 0, signal: null });
    });
  },
);
