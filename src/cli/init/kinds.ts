// The names of the starting points and of their files, apart from their texts, which only
// `pounce init` loads.

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

/** The starting point of that name, which has been judged; without one, an app. */
export function initKind(name: string | undefined): InitKind {
  return INIT_KINDS.find((kind) => kind === name) ?? "app";
}
