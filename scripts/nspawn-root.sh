#!/bin/sh
# Makes the root of a Debian system for test/deploy, once, and prints its path:
#   scripts/nspawn-root.sh [SUITE]        trixie by default
# It is kept in ${XDG_CACHE_HOME:-~/.cache}/pounce. Needs root, and debootstrap and systemd-container
# (apt-get install debootstrap systemd-container). DEBIAN_MIRROR is where packages come from.
set -eu

suite=${1:-trixie}
case $suite in *[!a-z]* | "")
  echo "nspawn-root.sh: $suite: expected the name of a Debian suite, such as trixie" >&2
  exit 2
  ;;
esac
if [ "$(id -u)" -ne 0 ]; then
  echo "nspawn-root.sh: only root can make one" >&2
  exit 1
fi
for program in debootstrap systemd-nspawn; do
  if ! command -v "$program" >/dev/null; then
    echo "nspawn-root.sh: $program is missing: apt-get install debootstrap systemd-container" >&2
    exit 1
  fi
done

cache=${XDG_CACHE_HOME:-$HOME/.cache}/pounce
root=$cache/root-$suite
mkdir -p "$cache"

# One at a time; who comes second finds the root that the first has made.
exec 9>"$root.lock"
flock 9
if [ ! -d "$root" ]; then
  rm -rf "$root.new"
  echo "nspawn-root.sh: making $root, which takes a minute or two" >&2
  # shellcheck disable=SC2086  # no mirror is no argument
  if ! debootstrap --variant=minbase --include=systemd,dbus,procps \
    "$suite" "$root.new" ${DEBIAN_MIRROR:-} >"$root.log" 2>&1; then
    tail -n 20 "$root.log" >&2
    echo "nspawn-root.sh: debootstrap failed; all it said is in $root.log" >&2
    exit 1
  fi
  rm -rf "$root.new/var/cache/apt/archives" "$root.new/var/lib/apt/lists"
  # Complete under its final name, or not there.
  mv "$root.new" "$root"
fi
echo "$root"
