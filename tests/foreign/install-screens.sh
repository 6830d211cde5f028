#!/bin/sh
# Installs what the pictures need of a system, where that can be done by itself; else says in one line how.
# It never fails: a picture that cannot be taken is reported as not taken.
wanted="chromium nheko xvfb xdotool imagemagick dbus fonts-dejavu-core fonts-noto-color-emoji"
missing=""
for tool in chromium nheko Xvfb xdotool import dbus-run-session; do
  command -v $tool >/dev/null 2>&1 || missing="$missing $tool"
done
[ -z "$missing" ] && exit 0
how="Missing for the pictures:$missing. On Debian: apt-get install --no-install-recommends $wanted"
if ! command -v apt-get >/dev/null 2>&1; then echo "$how"; exit 0; fi
if [ "$(id -u)" = 0 ]; then as=""; elif sudo -n true 2>/dev/null; then as="sudo"; else echo "$how"; exit 0; fi
echo "Installing what the pictures need from Debian's packages …"
# shellcheck disable=SC2086 # the words of both are words
{ $as apt-get -qq update && $as env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $wanted; } >/dev/null 2>&1 || echo "$how"
exit 0
