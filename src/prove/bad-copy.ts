// What `--bad` serves: a copy of the project, in which bad versions take the place of the entry.
import { chmodSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseAppReference } from "../config/app-reference.ts";
import { type LoadInput, loadConfig } from "../config/load.ts";
import { embeddedApp } from "../embedded-app.ts";
import { replaceFile } from "../os/replace-file.ts";
import { absolutePath } from "../os/paths.ts";
import { refusal } from "../os/refusal.ts";
import { foundAt } from "../tsconfig/start-folder.ts";
import { linkAround } from "./around-project.ts";
import { badVersions, type BadVersion, sourceOf } from "./bad-versions.ts";
import { copyProject, folderRefusal, projectOf } from "./copy-project.ts";

type BadCopy =
  | {
      readonly ok: true;
      /** Flags by which the copy is served. */
      readonly flags: Readonly<Record<string, string>>;
      /** The copy of the app's module. */
      readonly entry: string;
      readonly put: (version: "good" | BadVersion) => void;
      readonly tried: readonly BadVersion[];
      readonly untried: readonly string[];
    }
  | { readonly ok: false; readonly code: "usage" | "failed"; readonly message: string };

/** @param folder of ours, for the copy */
export function makeBadCopy(input: LoadInput, folder: string): BadCopy {
  const loaded = loadConfig(input);
  if (!loaded.ok) return { ok: false, code: "usage", message: loaded.errors.join("\n") };
  const { config } = loaded;
  const reference = config.app === undefined ? undefined : parseAppReference(config.app);
  if (config.app === undefined || reference?.ok !== true) {
    const message =
      embeddedApp() === undefined
        ? "--bad: it needs an app: APP, or --config with a file that names one"
        : "--bad: the app is inside this executable: use plain pounce for it";
    return { ok: false, code: "usage", message };
  }
  const found = foundAt(absolutePath(config.appBase, reference.module));
  if (found === undefined) {
    const message = `--bad: ${reference.module} is no file in ${config.appBase}`;
    return { ok: false, code: "usage", message };
  }
  const entry = realpathSync(found);
  const project = projectOf(entry);
  const root = join(folder, "copy");
  const target = join(root, project);
  const problem = folderRefusal(project) ?? copyAll(project, entry, root);
  if (problem !== undefined) return { ok: false, code: "failed", message: `--bad: ${problem}` };
  // Workers of another user load the copy: they may go through our folder, and see nothing of it.
  if (config.user !== undefined || config.group !== undefined) chmodSync(folder, 0o711);
  const place = join(target, relative(project, entry));
  const good = readFileSync(place);
  return {
    ok: true,
    entry: place,
    flags: {
      // A file that was found without being named is not looked for where an app is named.
      ...(config.file === undefined ? {} : { config: config.file }),
      app: place + config.app.slice(reference.module.length),
      ...workingDirectory(config.workingDirectory, project, target),
    },
    put(version) {
      const source = version === "good" ? good : sourceOf(version);
      const failed = replaceFile(place, (temporary) => writeFileSync(temporary, source));
      if (failed !== undefined) throw new Error(`${place} cannot be replaced: ${failed}`);
    },
    ...badVersions(config.startupTimeoutMs),
  };
}

/** @returns what is wrong; undefined: it is copied */
function copyAll(project: string, entry: string, root: string): string | undefined {
  const problem = copyProject(project, entry, join(root, project));
  if (problem !== undefined) return problem;
  try {
    linkAround(project, root);
    return undefined;
  } catch (error) {
    return `what is around ${project} cannot be linked: ${refusal(error)}`;
  }
}

/** Workers run in the copy of their folder, if it is in the project. */
function workingDirectory(folder: string, project: string, target: string) {
  const inside = relative(project, realpathSync(folder));
  if (inside.startsWith("..")) return {};
  return { "working-directory": join(target, inside) };
}
