#!/bin/sh
# Runs a script of this folder with the pinned Bun, installing what is missing first, so that a
# bare checkout with only npm, or only bun, can do everything.
#   sh scripts/bootstrap.sh scripts/build.ts [args]
set -eu
cd "$(dirname "$0")/.."
version=1.4.5

# The first Bun of the pinned version, or nothing. The package's own launcher needs its install
# script to have run; the platform package beside it is the same executable without that need.
pinned_bun() {
  for candidate in node_modules/.bin/bun node_modules/@oven/bun-*/bin/bun; do
    if [ -x "$candidate" ] && [ "$("$candidate" --version 2>/dev/null)" = "$version" ]; then
      echo "$PWD/$candidate"
      return
    fi
  done
}

install_packages() {
  echo "Installing packages..." >&2
  if command -v npm >/dev/null 2>&1; then
    npm install --no-package-lock --no-audit --no-fund --loglevel=error >&2
  elif command -v bun >/dev/null 2>&1; then
    bun install --frozen-lockfile >&2
  else
    echo "pounce needs npm or bun to install its packages; neither is on the PATH" >&2
    exit 1
  fi
}

bun=$(pinned_bun)
if [ -z "$bun" ]; then
  install_packages
  bun=$(pinned_bun)
fi
if [ -z "$bun" ]; then
  echo "Bun $version is not in node_modules after the install; remove node_modules and try again" >&2
  exit 1
fi
# One lockfile decides every version; a checkout that moved on gets what it now names.
stamp=node_modules/.pounce-lock
if ! cmp -s bun.lock "$stamp"; then
  "$bun" install --frozen-lockfile >&2
  cp bun.lock "$stamp"
fi
PATH="$(dirname "$bun"):$PATH"
export PATH
exec "$bun" "$@"
