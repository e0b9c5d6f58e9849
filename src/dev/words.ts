// What `pounce dev` says of files and folders.
import { relative } from "node:path";

/** The path as a person in that folder writes it. */
export function shownFrom(cwd: string, path: string): string {
  const from = relative(cwd, path);
  return from.startsWith("../../") ? path : from;
}

export function writtenByApp(path: string): string {
  return (
    `${path} changes each time the app loads, so the app itself seems to write it: changes that ` +
    "come while it loads do not count any more"
  );
}

/** Why folders cannot be watched, and what to do, by the code of the refusal. */
export function whyRefused(code: string): string {
  switch (code) {
    case "ENOSPC":
      return (
        "The system watches no more folders for this user: to raise the limit, " +
        "sysctl fs.inotify.max_user_watches=524288"
      );
    case "EMFILE":
      return (
        "The system allows this user no more watchers: to raise the limit, " +
        "sysctl fs.inotify.max_user_instances=512, or ulimit -n"
      );
    default:
      return `Folders cannot be watched (${code})`;
  }
}
