// The image of `bun run image`, made and unpacked for a test. Each blob is looked up by its digest,
// which must match.
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pounceBinary } from "./server.ts";
import { runTool } from "./tools.ts";

const script = fileURLToPath(new URL("../../scripts/image.ts", import.meta.url));

interface Descriptor {
  digest: string;
  platform?: { architecture: string; os: string };
}

/** What an engine starts a container with. */
interface StartConfig {
  User: string;
  Env: string[];
  Entrypoint: string[];
  Cmd?: string[];
  WorkingDir: string;
  StopSignal: string;
  ExposedPorts: Record<string, object>;
  Labels: Record<string, string>;
}

export interface UnpackedImage {
  readonly architecture: string;
  readonly config: StartConfig;
  readonly root: string;
}

/** The variables of an image by name. */
export function variablesOf({ Env }: StartConfig): Record<string, string> {
  return Object.fromEntries(Env.map((text) => text.split(/=(.*)/s, 2) as [string, string]));
}

/**
 * Makes the image with the executable under test. Returns the path of the archive and its digest.
 */
export function makeImageArchive(out: string, env: Record<string, string> = {}) {
  const argv = ["--out", out, "--binary", `linux/amd64=${pounceBinary()}`];
  const result = Bun.spawnSync([process.execPath, script, ...argv], {
    env: { ...process.env, ...env },
  });
  if (result.exitCode !== 0) throw new Error(result.stderr.toString());
  const [digest = "", path = ""] = result.stdout.toString().trim().split(/\s+/);
  return { digest, path: join(process.cwd(), path) };
}

/** Unpacks every platform of an archive below a temporary folder, `dir`. */
export function unpackImage(archive: string): { dir: string; images: UnpackedImage[] } {
  const dir = mkdtempSync(join(tmpdir(), "pounce-unpacked-"));
  const layout = join(dir, "layout");
  mkdirSync(layout);
  runTool("tar", ["-xf", archive, "-C", layout]);
  const { manifests } = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
  const top = readJson(layout, manifests[0]) as { manifests?: Descriptor[] };
  // An image that a builder makes for one platform has no index in between.
  const images = (top.manifests ?? [manifests[0]]).map((descriptor: Descriptor): UnpackedImage => {
    const { config, layers } = readJson(layout, descriptor) as {
      config: Descriptor;
      layers: Descriptor[];
    };
    const architecture = descriptor.platform?.architecture ?? "any";
    const root = join(dir, architecture);
    mkdirSync(root, { mode: 0o755 });
    for (const layer of layers) {
      const { code, stderr } = runTool("tar", ["-xpzf", blob(layout, layer), "-C", root]);
      if (code !== 0) throw new Error(stderr);
    }
    return {
      architecture,
      root,
      config: (readJson(layout, config) as { config: StartConfig }).config,
    };
  });
  return { dir, images };
}

function blob(layout: string, { digest }: Descriptor): string {
  const path = join(layout, "blobs", digest.replace(":", "/"));
  const found = new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");
  if (digest !== `sha256:${found}`) throw new Error(`${digest} has the content of ${found}`);
  return path;
}

function readJson(layout: string, descriptor: Descriptor): unknown {
  return JSON.parse(readFileSync(blob(layout, descriptor), "utf8"));
}
