#!/bin/sh
# Before the files are removed, or replaced by those of another version. Only a removal stops the
# server, gracefully; at an upgrade it goes on, and hands over when the new version is there.
set -e

if [ "$1" = remove ] && [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  deb-systemd-invoke stop pounce.service >/dev/null || true
fi
