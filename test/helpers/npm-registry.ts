// A registry of npm packages on this machine, as far as installing needs it.
import { createHash } from "node:crypto";
import type { PackageFile } from "../../scripts/package/package.ts";

interface Published {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly content: Uint8Array<ArrayBuffer>;
}

export class NpmRegistry implements AsyncDisposable {
  /** By name and version. */
  readonly #packages = new Map<string, Map<string, Published>>();
  readonly #server = Bun.serve({ port: 0, fetch: (request) => this.#answer(request) });

  get url(): string {
    return this.#server.url.href;
  }

  async publish(files: readonly PackageFile[]): Promise<void> {
    for (const { content: given } of files) {
      const content = new Uint8Array(given);
      const entries = await new Bun.Archive(content).files();
      const manifest = JSON.parse((await entries.get("package/package.json")?.text()) ?? "");
      const { name, version } = manifest as Record<"name" | "version", string>;
      const versions = this.#packages.get(name) ?? new Map<string, Published>();
      this.#packages.set(name, versions.set(version, { manifest, content }));
    }
  }

  #answer(request: Request): Response {
    const path = decodeURIComponent(new URL(request.url).pathname).slice(1);
    const [, name = "", version = ""] = /^(.+)\/-\/(.+)\.tgz$/.exec(path) ?? [];
    const content = this.#packages.get(name)?.get(version)?.content;
    if (content !== undefined) return new Response(content);
    const versions = this.#packages.get(path);
    if (versions === undefined) return Response.json({ error: "not found" }, { status: 404 });
    return Response.json({
      name: path,
      "dist-tags": { latest: [...versions.keys()].at(-1) },
      versions: Object.fromEntries(
        [...versions].map(([it, one]) => [it, this.#described(it, one)]),
      ),
    });
  }

  #described(version: string, { manifest, content }: Published) {
    const sum = createHash("sha512").update(content).digest("base64");
    const tarball = `${this.url}${String(manifest["name"])}/-/${version}.tgz`;
    return { ...manifest, dist: { tarball, integrity: `sha512-${sum}` } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}
