// The names of the starting points and their files. The texts are apart, and only `pounce init`
// loads them.

/** The files that each writes. */
export const INIT_FILES = {
  app: ["pounce.toml", "pounce.schema.json", "app.ts"],
  systemd: ["pounce.service"],
  supervisor: ["pounce.conf"],
  docker: ["Dockerfile"],
  kubernetes: ["pounce.yaml"],
} as const;

export type InitKind = keyof typeof INIT_FILES;

export const INIT_KINDS = Object.keys(INIT_FILES) as InitKind[];

/** The starting point of that name, which is known to be valid; without a name, an app. */
export function initKind(name: string | undefined): InitKind {
  return INIT_KINDS.find((kind) => kind === name) ?? "app";
}
