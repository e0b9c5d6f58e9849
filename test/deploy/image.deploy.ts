// The container image: the same input gives the same bytes, and what is in it serves.
//   bun test ./test/deploy/image.deploy.ts
// packages: runc, qemu-user-static
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "../../package.json";
import { cannotRunContainers, startContainer } from "../helpers/container.ts";
import {
  makeImageArchive,
  type UnpackedImage,
  unpackImage,
  variablesOf,
} from "../helpers/image.ts";
import { ask, versionsServed } from "../helpers/requests.ts";
import { stopAllServers } from "../helpers/server.ts";
import { isMissing, runTool } from "../helpers/tools.ts";

setDefaultTimeout(240_000);

const out = mkdtempSync(join(tmpdir(), "pounce-image-test-"));
const folders = [out];
let archive: ReturnType<typeof makeImageArchive>;
let amd64: UnpackedImage;
let arm64: UnpackedImage;

afterAll(async () => {
  await stopAllServers();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describe.skipIf(isMissing("apt-get"))("the image", () => {
  beforeAll(() => {
    archive = makeImageArchive(join(out, "first"));
    const { dir, images } = unpackImage(archive.path);
    folders.push(dir);
    [amd64, arm64] = images as [UnpackedImage, UnpackedImage];
  });

  test("is the same to the last byte when it is made again", () => {
    const again = makeImageArchive(join(out, "second"));
    expect(again.digest).toBe(archive.digest);
    expect(readFileSync(again.path).equals(readFileSync(archive.path))).toBe(true);
    const later = makeImageArchive(join(out, "third"), { SOURCE_DATE_EPOCH: "1" });
    expect(later.digest).not.toBe(archive.digest);
  });

  test("is for both processors, and says how it starts and what is in it", () => {
    expect([amd64.architecture, arm64.architecture]).toEqual(["amd64", "arm64"]);
    for (const { config } of [amd64, arm64]) {
      expect(config).toMatchObject({
        User: "65532:65532",
        Env: ["PATH=/usr/local/bin", "POUNCE_HOST=0.0.0.0"],
        Entrypoint: ["/usr/local/bin/pounce"],
        WorkingDir: "/app",
        StopSignal: "SIGTERM",
        ExposedPorts: { "8000/tcp": {} },
      });
      expect(config.Labels["org.opencontainers.image.version"]).toBe(version);
      expect(config.Labels["pounce.debian-packages"]).toMatch(/libc6=\d\S+/);
    }
  });

  test("has one program, no shell, and nothing that others may write to but /tmp", () => {
    for (const { root } of [amd64, arm64]) {
      const paths = readdirSync(root, { recursive: true }).map(String);
      const programs = paths.filter((path) => /(^|\/)s?bin\/./.test(path));
      expect(programs).toEqual(["usr/local/bin/pounce"]);
      const open = paths.filter((path) => (statSync(join(root, path)).mode & 0o022) !== 0);
      expect(open).toEqual(["tmp"]);
    }
  });

  test.skipIf(isMissing("qemu-aarch64-static"))(
    "for arm64 starts, with the libraries in it",
    () => {
      const { root } = arm64;
      const argv = ["-L", root, join(root, "usr/local/bin/pounce"), "--version"];
      const { code, stdout, stderr } = runTool("qemu-aarch64-static", argv);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toStartWith(`pounce ${version} `);
      expect(stdout).toContain("linux-arm64");
    },
  );

  test.skipIf(cannotRunContainers())(
    "serves the demo, and an app that is mounted at /app",
    async () => {
      const { config, root } = amd64;
      const [uid, gid] = config.User.split(":").map(Number);
      expect([uid, gid]).toEqual([65532, 65532]);
      const env = variablesOf(config);
      {
        const nothing = { root, env, hasApp: true, args: ["--port", "0"] };
        await using demo = await startContainer(nothing);
        expect((await ask(demo.server, "/")).text).toContain("pounce");
        expect(demo.server.logs.text()).toContain("http://0.0.0.0:");
      }
      // Its pounce.toml is in the working directory, so nothing need be named.
      await using container = await startContainer({ root, env, args: ["--port", "0"] });
      expect(await versionsServed(container.server)).toEqual(["v0"]);
      expect(await container.server.stop()).toEqual({ code: 0, signal: null });
    },
  );
});
