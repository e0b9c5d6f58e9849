/** The names of the starting points, apart from their texts, which only `pounce init` loads. */
export const INIT_KINDS = ["app", "systemd", "supervisor", "docker", "kubernetes"] as const;

export type InitKind = (typeof INIT_KINDS)[number];

/** The starting point of that name, which has been judged; without one, an app. */
export function initKind(name: string | undefined): InitKind {
  return INIT_KINDS.find((kind) => kind === name) ?? "app";
}
