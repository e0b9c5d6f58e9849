#!/bin/sh
# Installs pounce for this system: downloads the release, checks its sum, and puts the executable into
# PREFIX/bin in one step. For any POSIX shell, with curl or wget.
#   sh install.sh [--version 0.1.0] [--prefix ~/.local]
# POUNCE_BASE_URL: a folder with the files of one release (http://, https:// or file://), instead of
# the place that the release's own copy of this script knows.
set -eu

# The release workflow writes the address of the repository here; in a checkout there is none.
repository=""

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

usage() {
  echo "sh install.sh [--version VERSION] [--prefix FOLDER]"
  echo "Installs pounce to FOLDER/bin: by default /usr/local for root, else ~/.local."
}

version=""
prefix=""
while [ $# -gt 0 ]; do
  case "$1" in
    --version=*) version=${1#*=} ;;
    --prefix=*) prefix=${1#*=} ;;
    --version | --prefix)
      [ $# -ge 2 ] || fail "$1: expected a value, got nothing"
      if [ "$1" = --version ]; then version=$2; else prefix=$2; fi
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "$1: not known; the flags are --version, --prefix and --help" ;;
  esac
  shift
done
version=${version#v}
if [ -z "$prefix" ]; then
  if [ "$(id -u)" = 0 ]; then prefix=/usr/local; else prefix=${HOME:?}/.local; fi
fi

# As releases name this system: linux-x64, linux-arm64-musl, darwin-arm64.
target() {
  system=$(uname -s)
  processor=$(uname -m)
  case "$processor" in
    x86_64 | amd64) processor=x64 ;;
    aarch64 | arm64) processor=arm64 ;;
    *) fail "there is no pounce for this processor ($processor): only for x86-64 and arm64" ;;
  esac
  case "$system" in
    Linux) if is_musl; then echo "linux-$processor-musl"; else echo "linux-$processor"; fi ;;
    Darwin)
      # A shell that is translated on an Apple processor calls it x86_64.
      if [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || true)" = 1 ]; then processor=arm64; fi
      echo "darwin-$processor"
      ;;
    *) fail "there is no pounce for this system ($system): only for Linux and macOS" ;;
  esac
}

# A system with glibc may have musl's linker as well, so the linker of the system itself is asked.
is_musl() {
  if command -v ldd >/dev/null 2>&1; then
    case "$(ldd --version 2>&1 || true)" in
      *musl*) return 0 ;;
      *) return 1 ;;
    esac
  fi
  set -- /lib/ld-musl-*
  [ -e "$1" ] && [ ! -e /lib64/ld-linux-x86-64.so.2 ] && [ ! -e /lib/ld-linux-aarch64.so.1 ]
}

# download URL FILE
download() {
  case "$1" in
    file://*) cp "${1#file://}" "$2" 2>/dev/null ;;
    *)
      if command -v curl >/dev/null 2>&1; then
        curl -fsSL --retry 2 -o "$2" "$1"
      elif command -v wget >/dev/null 2>&1; then
        wget -q -O "$2" "$1"
      else
        fail "curl or wget is needed; neither is on the PATH"
      fi
      ;;
  esac || fail "could not download $1"
}

sum_of() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  elif command -v openssl >/dev/null 2>&1; then
    openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
  else
    fail "sha256sum, shasum or openssl is needed to check the download; none is on the PATH"
  fi
}

target=$(target)
if [ -n "${POUNCE_BASE_URL:-}" ]; then
  base=${POUNCE_BASE_URL%/}
elif [ -z "$repository" ]; then
  fail "this copy does not know where releases are: set POUNCE_BASE_URL to a folder with one"
elif [ -n "$version" ]; then
  base=$repository/releases/download/v$version
else
  base=$repository/releases/latest/download
fi

# Beside the result, so that it can be renamed into its place; gone whatever happens.
mkdir -p "$prefix/bin" 2>/dev/null || fail "cannot make $prefix/bin; choose another --prefix"
work=$(mktemp -d "$prefix/bin/.pounce-install.XXXXXX" 2>/dev/null) ||
  fail "cannot write to $prefix/bin; choose another --prefix"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

download "$base/SHA256SUMS" "$work/SHA256SUMS"
if [ -n "$version" ]; then
  file=pounce-$version-$target.tar.gz
else
  file=$(sed -n "s/^[0-9a-f]*  \(pounce-[^ ]*[0-9]-$target\.tar\.gz\)\$/\1/p" "$work/SHA256SUMS")
fi
expected=$(sed -n "s/^\([0-9a-f]\{64\}\)  $file\$/\1/p" "$work/SHA256SUMS")
[ -n "$expected" ] || fail "$base has no pounce ${version:+$version }for $target"
download "$base/$file" "$work/$file"
found=$(sum_of "$work/$file")
[ "$found" = "$expected" ] ||
  fail "$file is not what SHA256SUMS says (expected $expected, got $found); nothing was installed"
tar -xzf "$work/$file" -C "$work" pounce || fail "$file could not be unpacked"
chmod 755 "$work/pounce"
if ! shown=$("$work/pounce" --version 2>"$work/error"); then
  cat "$work/error" >&2
  case "$target" in
    *-musl) fail "pounce does not run here; it needs libstdc++ (on Alpine: apk add libstdc++)" ;;
    *) fail "pounce does not run here; the README says what it needs" ;;
  esac
fi
mv -f "$work/pounce" "$prefix/bin/pounce"
echo "installed $prefix/bin/pounce: $shown"
case ":$PATH:" in
  *":$prefix/bin:"*) ;;
  *) echo "$prefix/bin is not on the PATH: add it" ;;
esac
