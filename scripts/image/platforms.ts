// The platforms that the image is for, and what each calls the same things.

export interface Platform {
  /** As OCI names it. */
  readonly name: `linux/${string}`;
  readonly architecture: string;
  /** As `bun build --target` does. */
  readonly bun: string;
  /** As a release's archive does. */
  readonly release: string;
  /** Debian's folder for libraries. */
  readonly triplet: string;
  /** The program that every executable of the C library names as its loader. */
  readonly loader: string;
}

const PLATFORMS: readonly Platform[] = [
  {
    name: "linux/amd64",
    architecture: "amd64",
    bun: "bun-linux-x64",
    release: "linux-x64",
    triplet: "x86_64-linux-gnu",
    loader: "lib64/ld-linux-x86-64.so.2",
  },
  {
    name: "linux/arm64",
    architecture: "arm64",
    bun: "bun-linux-arm64",
    release: "linux-arm64",
    triplet: "aarch64-linux-gnu",
    loader: "lib/ld-linux-aarch64.so.1",
  },
];

/** The platforms of these names, or all. Throws with the names there are. */
export function platformsNamed(names: readonly string[]): readonly Platform[] {
  const known = PLATFORMS.map(({ name }) => name as string);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`${unknown.join(", ")}: no such platform; there are ${known.join(", ")}`);
  }
  return names.length === 0 ? PLATFORMS : PLATFORMS.filter(({ name }) => names.includes(name));
}
