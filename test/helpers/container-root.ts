// The smallest root that pounce runs in: the executable, the C library that it is linked with, and
// the users. It has no shell and no other program.
import { chmodSync, copyFileSync, linkSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pounceBinary } from "./server.ts";

/** Loaded by name when needed, so the executable does not list them. */
const LOADED_LATER = ["libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"];
/** Folders on which a runtime mounts something, and the folder of the app. */
const FOLDERS = ["app", "dev", "etc", "proc", "run", "sys", "tmp"];

const PASSWD = "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n";

/** The files of this machine's C library that the executable needs, as it names them. */
function libraries(executable: string): string[] {
  const listed = Bun.spawnSync(["ldd", executable]).stdout.toString();
  const paths = [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
  const folder = dirname(paths.find((path) => path.endsWith("/libc.so.6")) ?? "/lib");
  return [...paths, ...LOADED_LATER.map((name) => join(folder, name))];
}

/** Fills an empty folder. */
export function makeRoot(root: string): void {
  const executable = pounceBinary();
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true });
  // What is mounted there gets the mode of the folder that it hides.
  chmodSync(join(root, "tmp"), 0o1777);
  for (const path of libraries(executable)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(path, join(root, path));
  }
  mkdirSync(join(root, "usr/local/bin"), { recursive: true });
  place(executable, join(root, "usr/local/bin/pounce"));
  writeFileSync(join(root, "etc/passwd"), PASSWD);
}

/** It has a hundred megabytes, so it gets a second name where that is possible. */
function place(file: string, path: string): void {
  try {
    linkSync(file, path);
  } catch {
    copyFileSync(file, path);
  }
}
