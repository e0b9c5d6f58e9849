// An image by the OCI image format specification: a folder of blobs named after their digests, in
// one tar archive.
import type { Platform } from "./platforms.ts";
import { type Entry, file, gzip, tar } from "../archive.ts";

const MEDIA = "application/vnd.oci.image";

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: "linux" };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A layer, compressed, and the digest that it has when it is not. */
interface Layer {
  readonly blob: Descriptor;
  readonly diffId: string;
  readonly createdBy: string;
}

interface Labels {
  readonly [name: string]: string;
}

function digestOf(content: Uint8Array): string {
  return `sha256:${new Bun.CryptoHasher("sha256").update(content).digest("hex")}`;
}

/** The blobs of an image, each once. */
export class Blobs {
  readonly #byDigest = new Map<string, Uint8Array>();

  add(mediaType: string, content: Uint8Array): Descriptor {
    const digest = digestOf(content);
    this.#byDigest.set(digest, content);
    return { mediaType, digest, size: content.length };
  }

  addJson(mediaType: string, value: object): Descriptor {
    return this.add(mediaType, Buffer.from(JSON.stringify(value)));
  }

  addLayer(entries: readonly Entry[], seconds: number, createdBy: string): Layer {
    const content = tar(entries, seconds);
    const blob = this.add(`${MEDIA}.layer.v1.tar+gzip`, gzip(content));
    return { blob, diffId: digestOf(content), createdBy };
  }

  get entries(): Entry[] {
    return [...this.#byDigest].map(([digest, content]) =>
      file(`blobs/${digest.replace(":", "/")}`, content),
    );
  }
}

/** How a container of the image starts. */
const START = {
  User: "65532:65532",
  ExposedPorts: { "8000/tcp": {} },
  Env: ["PATH=/usr/local/bin", "POUNCE_HOST=0.0.0.0"],
  Entrypoint: ["/usr/local/bin/pounce"],
  WorkingDir: "/app",
  StopSignal: "SIGTERM",
};

interface PlatformImage {
  readonly platform: Platform;
  readonly layers: readonly Layer[];
  readonly labels: Labels;
}

/** Adds the manifest of one platform. @param created RFC 3339 */
export function addManifest(blobs: Blobs, image: PlatformImage, created: string): Descriptor {
  const { platform, layers, labels } = image;
  const { architecture } = platform;
  const config = blobs.addJson(`${MEDIA}.config.v1+json`, {
    created,
    architecture,
    os: "linux",
    config: { ...START, Labels: labels },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ createdBy }) => ({ created, created_by: createdBy })),
  });
  const manifest = blobs.addJson(`${MEDIA}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config,
    layers: layers.map(({ blob }) => blob),
    annotations: labels,
  });
  return { ...manifest, platform: { architecture, os: "linux" } };
}

/**
 * The archive of an image of several platforms, and the digest by which a registry would know it.
 */
export function layoutOf(
  blobs: Blobs,
  manifests: readonly Descriptor[],
  { name, labels, seconds }: { name: string; labels: Labels; seconds: number },
): { archive: Uint8Array; digest: string } {
  const mediaType = `${MEDIA}.index.v1+json`;
  const index = blobs.addJson(mediaType, {
    schemaVersion: 2,
    mediaType,
    manifests,
    annotations: labels,
  });
  const annotations = { "org.opencontainers.image.ref.name": name };
  const top = { schemaVersion: 2, mediaType, manifests: [{ ...index, annotations }] };
  const entries = [
    file("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" })),
    file("index.json", JSON.stringify(top)),
    ...blobs.entries,
  ];
  return { archive: tar(entries, seconds), digest: index.digest };
}
