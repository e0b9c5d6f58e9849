#!/bin/sh
# Has pounce.service go on with the executable and the libraries that are on the disk now, and says
# how it went. No request is lost: see `pounce help upgrade`. Does nothing where they are the same.
# Exit code 1: the running version goes on.
set -eu
unit=pounce.service

# What takes longer may still come: a reload that is under way ends first.
seconds=90

main_pid() {
  systemctl show --property=MainPID --value "$unit"
}

# Whether a process runs an executable or a library that has been replaced.
is_old() {
  grep -q '^[^ ]* ..x. .* /[^ ]*/\(bin\|lib[^ /]*\)/.* (deleted)$' "/proc/$1/maps" 2>/dev/null
}

old=$(main_pid)
if [ "$old" = 0 ] || ! is_old "$old"; then
  exit 0
fi
# Where the journal is now: what pounce says comes after it. A server that logs to a file instead
# says nothing there; then the time decides.
cursor=$(journalctl --quiet --output=cat --lines=1 --show-cursor 2>/dev/null |
  sed -n 's/^-- cursor: //p') || true
said() {
  journalctl --quiet --output=cat --unit="$unit" --after-cursor="$cursor" 2>/dev/null || true
}

begin=$(date +%s)
waited=0
told=no
kill -s USR2 "$old"
while [ "$waited" -lt "$seconds" ]; do
  new=$(main_pid)
  if [ "$new" = 0 ]; then
    break # It has stopped.
  elif [ "$new" != "$old" ] && is_old "$new"; then
    # Somebody else's handover, which had begun before the new files were there.
    old=$new
    kill -s USR2 "$old"
  elif [ "$new" != "$old" ]; then
    echo "pounce: process $new has taken over from process $old, with what is installed now"
    exit 0
  elif said | grep -q -e 'Handover failed' -e 'SIGUSR2 — refused'; then
    break
  fi
  sleep 0.1
  waited=$(($(date +%s) - begin))
  if [ "$waited" -ge 5 ] && [ "$told" = no ]; then
    told=yes
    echo "pounce: waiting for the running server to hand over, at most $seconds s"
  fi
done

{
  echo "pounce: the running version (process $old) goes on, because it did not hand over:"
  said | grep -e ERROR -e '"error"' -e 'SIGUSR2 —' | tail -n 5 | sed 's/^/  /'
  echo "  its log says more (sudo pounce logs --config /etc/pounce/pounce.toml)"
  echo "  after a repair: sudo /usr/libexec/pounce/handover"
} >&2
exit 1
