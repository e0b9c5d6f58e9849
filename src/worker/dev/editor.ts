// The link that opens a file in the editor of whoever writes the app. The browser passes it to the
// editor: no request makes the server start a program.
import { basename } from "node:path";
import type { Place } from "../../errors/stack.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The schemes that editors have registered, by the name of their command. */
const LINKS: Readonly<Record<string, (place: Place) => string>> = {
  code: likeCode("vscode"),
  "code-insiders": likeCode("vscode-insiders"),
  codium: likeCode("vscodium"),
  cursor: likeCode("cursor"),
  windsurf: likeCode("windsurf"),
  zed: likeCode("zed"),
  idea: ofJetBrains("idea"),
  webstorm: ofJetBrains("webstorm"),
};

function likeCode(scheme: string) {
  return ({ file, line, column }: Place): string =>
    `${scheme}://file${encodeURI(file).replaceAll(/[?#]/g, encodeURIComponent)}:${line}:${column}`;
}

function ofJetBrains(scheme: string) {
  return ({ file, line, column }: Place): string =>
    `${scheme}://open?file=${encodeURIComponent(file)}&line=${line}&column=${column}`;
}

/**
 * What the editor that VISUAL or EDITOR names opens; undefined if that one has no links. Where none
 * is named, it is VS Code.
 */
export function editorLink(place: Place, env: Environment = process.env): string | undefined {
  if (!place.file.startsWith("/")) return undefined;
  const named = namedIn(env);
  if (named === "") return LINKS["code"]?.(place);
  const [command = ""] = named.trim().split(/\s+/, 1);
  const name = basename(command).toLowerCase();
  return Object.hasOwn(LINKS, name) ? LINKS[name]?.(place) : undefined;
}

/** The editor's command; empty: none is named. Where EDITOR is not set, npm sets it to `vi`. */
function namedIn(env: Environment): string {
  const isOfNpm = env["EDITOR"] === "vi" && env["npm_execpath"] !== undefined;
  return env["VISUAL"] || (isOfNpm ? "" : env["EDITOR"]) || "";
}
