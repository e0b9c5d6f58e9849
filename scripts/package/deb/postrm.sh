#!/bin/sh
# After the files have been removed. The user stays, as Debian recommends: files of the app may be
# its own. So does what an app has written to /var/lib/pounce.
set -e

if [ "$1" = remove ] && [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload >/dev/null || true
fi

if [ "$1" = purge ]; then
  if command -v deb-systemd-helper >/dev/null; then
    deb-systemd-helper purge pounce.service >/dev/null || true
  fi
  state=${DPKG_ROOT:-}/var/lib/pounce
  # What Bun keeps of the app's files, in a form that loads faster. The folder is the app's: a link
  # that the app has put there must not lead root to another place.
  if real=$(cd "$state" 2>/dev/null && pwd -P) && cd "$state/.bun/install" 2>/dev/null; then
    if [ "$(pwd -P)" = "$real/.bun/install" ]; then
      rm -rf cache
    fi
    cd /
  fi
  rmdir "$state/.bun/install" "$state/.bun" "$state" 2>/dev/null || true
  if [ -d "$state" ]; then
    echo "pounce: $state is not empty: it stays" >&2
  fi
fi
