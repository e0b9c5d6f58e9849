#!/bin/sh
':' /* # To Node this is a comment, up to the end of the shell script.
# pounce VERSION: starts the executable for this system, which is in a package of its own.
#
# The executable takes the place of this process, which keeps its pid: so a signal, an exit code and
# the pid that a supervisor knows are those of pounce itself. What the PATH names is not used:
# node_modules/.bin, where any dependency can put a program, is often the first on it.
#
# Yarn 2 and later run every bin by Node, whatever its first line says: so the end of this file is a
# program for Node. As the rest is a comment to that, no star may stand before a slash.

# The path by which pounce was called.
called=$0
case $called in
  /*) ;;
  *) called=$PWD/$called ;;
esac

# The file behind it, and the folder of this package.
self=$called
links=0
while [ -L "$self" ] && [ "$links" -lt 40 ]; do
  target=$(command -p readlink "$self") || break
  case $target in
    /*) self=$target ;;
    *) self=${self%/*}/$target ;;
  esac
  links=$((links + 1))
done
home=$(CDPATH='' cd -P -- "${self%/*}/.." && pwd -P)

# Whether a package.json ($1) is of this version.
is_this_version() {
  [ -r "$1" ] || return 1
  while read -r line; do
    case $line in
      '"version": "VERSION"'*) return 0 ;;
    esac
  done <"$1"
  return 1
}

# Sets `file` to the executable of the package @pounce/$1, which is beside this package or in the
# node_modules of a folder above. Yarn's Plug'n'Play has a folder for each package.
find_executable() {
  folder=$home
  while :; do
    for package in "$folder/node_modules/@pounce/$1" \
      "$folder/@pounce-$1-npm-VERSION-"*"/node_modules/@pounce/$1"; do
      file=$package/bin/pounce
      [ -f "$file" ] && is_this_version "$package/package.json" && return 0
    done
    [ -z "$folder" ] && return 1
    folder=${folder%/*}
  done
}

# The names of executables that may run here, the best first.
system=$(command -p uname -sm)
case $system in
  'Linux x86_64') cpu=x64 glibc=/lib64/ld-linux-x86-64.so.2 musl=/lib/ld-musl-x86_64.so.1 ;;
  'Linux aarch64') cpu=arm64 glibc=/lib/ld-linux-aarch64.so.1 musl=/lib/ld-musl-aarch64.so.1 ;;
  'Darwin x86_64') names=darwin-x64 ;;
  'Darwin arm64') names='darwin-arm64 darwin-x64' ;;
  *)
    echo "pounce has no executable for this system ($system): there are those of TARGETS" >&2
    exit 127
    ;;
esac
if [ -n "${cpu-}" ]; then
  if [ -e "$musl" ] && [ ! -e "$glibc" ]; then
    names=linux-$cpu-musl
  elif [ -e "$glibc" ] && [ ! -e "$musl" ]; then
    names=linux-$cpu
  else
    # Either may be there to help out (gcompat on Alpine, musl on Debian). Where both executables are
    # installed (Yarn 1 does that), the one that starts is right.
    names="linux-$cpu linux-$cpu-musl"
    if find_executable "linux-$cpu-musl" && find_executable "linux-$cpu" &&
      ! "$file" --version >/dev/null 2>&1; then
      names=linux-$cpu-musl
    fi
  fi
fi

found=
for name in $names; do
  find_executable "$name" && found=$file && break
done

if [ -z "$found" ]; then
  there=
  for other in TARGETS; do
    find_executable "$other" && there="$there @pounce/$other"
  done
  wanted=@pounce/${names%% *}
  if [ -n "$there" ]; then
    why="There is$there: install pounce on the system where it will run."
  else
    why='It is an optional dependency: install pounce without --omit=optional (--no-optional).'
  fi
  cat >&2 <<END
pounce: the package $wanted VERSION, the executable for this system, is not installed.
  $why
  If npm leaves it out, package-lock.json was made on another system. Remove that and node_modules,
  and install again; or, once: npm install --no-save $wanted@VERSION
END
  exit 127
fi
if [ ! -x "$found" ]; then
  echo "pounce: $found may not be executed: chmod +x it, if its file system is not noexec" >&2
  exit 126
fi

# The path at which the next version will be, for `kill -USR2` and `pounce init systemd`. The folders
# of pnpm's store have the version in their names; a link leads there.
case $called in
  *[/].bin/../*) called=${called%/.bin/../*}/${called##*[/].bin/../} ;;
esac
case $called in
  *[/].pnpm/*)
    linked=${called%%/.pnpm/*}
    linked=${linked%/node_modules}/node_modules/pounce/bin/pounce
    [ "$linked" -ef "$called" ] && called=$linked
    ;;
esac
POUNCE_LAUNCHER=$called
export POUNCE_LAUNCHER
exec "$found" "$@"
*/

const { spawn } = require("node:child_process");
// First, so that no signal finds this process unprepared once the program runs.
for (const signal of ["SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGQUIT"]) {
  process.on(signal, () => {
    // The keys of a terminal signal its whole group, and a second SIGINT would stop at once.
    const isKey = process.stdin.isTTY && (signal === "SIGINT" || signal === "SIGQUIT");
    if (!isKey) child.kill(signal);
  });
}
const args = [__filename, ...process.argv.slice(2)];
const child = spawn("/bin/sh", args, { stdio: "inherit" });
child.on("error", ({ message }) => {
  console.error(`pounce: ${message}`);
  process.exit(127);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
