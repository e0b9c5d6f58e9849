#!/bin/sh
# After the files have been unpacked. As debhelper would write it, but for one thing: a server that
# runs is not restarted, it hands over to the new version.
set -e

case "$1" in
  configure | abort-upgrade | abort-deconfigure | abort-remove) ;;
  *)
    echo "postinst: unknown argument: $1" >&2
    exit 1
    ;;
esac

# A service with DynamicUser=yes may have a user of this name as long as it runs: that one does not
# count, and this one is made beside it.
SYSTEMD_NSS_DYNAMIC_BYPASS=1 systemd-sysusers ${DPKG_ROOT:+--root="$DPKG_ROOT"} pounce.conf

# Enabled at the first installation. After that, whatever the administrator has chosen stays.
if deb-systemd-helper --quiet was-enabled pounce.service; then
  deb-systemd-helper enable pounce.service >/dev/null || true
else
  deb-systemd-helper update-state pounce.service >/dev/null || true
fi

may_act() {
  command -v policy-rc.d >/dev/null || return 0
  policy-rc.d pounce.service restart >/dev/null 2>&1 || [ $? -ne 101 ]
}

# Nothing that the server does or does not do makes the installation fail.
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload >/dev/null || true
  if systemctl --quiet is-active pounce.service; then
    if may_act; then /usr/libexec/pounce/handover || true; fi
  elif ! deb-systemd-invoke start pounce.service >/dev/null; then
    reason=$(journalctl --quiet --output=cat --unit=pounce.service --lines=30 |
      grep -e '^pounce: ' -e ERROR | tail -n 1) || true
    {
      echo "pounce: installed, but pounce.service did not start${reason:+:}"
      echo "${reason:-pounce: systemctl status pounce says why}"
      echo "pounce: change /etc/pounce/pounce.toml (host, port), then: sudo systemctl restart pounce"
    } >&2
  fi
fi
