// What a musl executable needs to run on Debian, which has musl, but no libstdc++ for it: Debian's
// own libstdc++, made for glibc, with the few functions that musl lacks supplied by a small
// library. The C library itself, which is what pounce calls, is the real musl.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpackDebian } from "../../scripts/image/debian.ts";

const SHIM = `
#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <time.h>
char __libc_single_threaded = 0;
unsigned __cpu_model[4];
int __cpu_indicator_init(void) { return 0; }
int __cxa_thread_atexit_impl(void (*f)(void *), void *object, void *dso) { return 0; }
int _dl_find_object(void *address, void *result) { return -1; }
int __pthread_key_create(pthread_key_t *k, void (*end)(void *)) {
  return pthread_key_create(k, end);
}
uint32_t arc4random(void) { uint32_t value; getrandom(&value, sizeof value, 0); return value; }
unsigned long __getauxval(unsigned long type) { return getauxval(type); }
size_t __strftime_l(char *s, size_t n, const char *f, const struct tm *t, locale_t l) {
  return strftime_l(s, n, f, t, l);
}
`;

const DEBIANS = "libstdc++-of-debian.so";

/** How libraries for musl are made, and where those of Debian for the same processor are. */
interface Toolchain {
  readonly compiler: readonly string[];
  readonly stdcxx: string;
  readonly gcc: string;
  /** glibc's linker, by the name that Debian's libraries ask for. */
  readonly linker: string;
}

/** The environment in which a musl executable runs. */
type Env = Readonly<Record<string, string>>;

/** Throws with what is missing. */
export function makeMuslRuntime(folder: string): Env {
  const toolchain = {
    compiler: ["musl-gcc"],
    stdcxx: "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
    gcc: "/lib/x86_64-linux-gnu/libgcc_s.so.1",
    linker: "ld-linux-x86-64.so.2",
  };
  return { LD_LIBRARY_PATH: makeLibraries(folder, toolchain) };
}

/** The same for arm64, emulated, with Debian's musl for it. Throws with what is missing. */
export function makeMuslRuntimeOfArm64(folder: string): Env {
  const unpacked = unpackDebian("arm64", join(folder, "debian"), ["musl", "musl-dev"]);
  const [musl = "", headers = ""] = unpacked.map((it) => it.folder);
  const gcc = "aarch64-linux-gnu-gcc";
  const asked = Bun.spawnSync([gcc, "-print-file-name=include"]).stdout.toString().trim();
  const includes = [join(headers, "usr/include/aarch64-linux-musl"), asked];
  const toolchain = {
    compiler: [gcc, "-nostdlib", "-nostdinc", ...includes.flatMap((it) => ["-isystem", it])],
    stdcxx: "/usr/aarch64-linux-gnu/lib/libstdc++.so.6",
    gcc: "/usr/aarch64-linux-gnu/lib/libgcc_s.so.1",
    linker: "ld-linux-aarch64.so.1",
  };
  return { QEMU_LD_PREFIX: musl, LD_LIBRARY_PATH: makeLibraries(folder, toolchain) };
}

/** Makes a folder for LD_LIBRARY_PATH. */
function makeLibraries(folder: string, { compiler, stdcxx, gcc, linker }: Toolchain): string {
  const stubs = join(folder, "stubs");
  const libraries = join(folder, "lib");
  for (const path of [stubs, libraries]) mkdirSync(path, { recursive: true });
  writeFileSync(join(folder, "empty.c"), "\n");
  writeFileSync(join(folder, "shim.c"), SHIM);
  const link = (output: string, soname: string, ...sources: string[]): void => {
    const flags = ["-shared", "-fPIC", `-Wl,-soname,${soname}`, "-Wl,--no-as-needed"];
    const argv = [...compiler, ...flags, "-o", output, ...sources];
    const made = Bun.spawnSync(argv, { cwd: folder });
    if (made.exitCode !== 0) throw new Error(`${compiler[0]}: ${made.stderr.toString()}`);
  };
  // The linker takes the name of what it links to from its inside, and both have the same there.
  link(join(stubs, DEBIANS), DEBIANS, "empty.c");
  link(join(libraries, "libstdc++.so.6"), "libstdc++.so.6", "shim.c", join(stubs, DEBIANS));
  // Debian's asks for glibc's linker by name, of which it uses nothing that musl lacks.
  link(join(libraries, linker), linker, "empty.c");
  copyFileSync(stdcxx, join(libraries, DEBIANS));
  copyFileSync(gcc, join(libraries, "libgcc_s.so.1"));
  return libraries;
}
