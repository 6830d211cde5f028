#!/bin/sh
# Installs Prosody, the XMPP server of the tests, where that can be done by itself; else says in one line how.
# It never fails: without Prosody its tests are reported as not run.
command -v prosodyctl >/dev/null 2>&1 && exit 0
how="Prosody is missing, so the XMPP tests will NOT RUN: install the package 'prosody' (0.12 or newer) of your system."
if ! command -v apt-get >/dev/null 2>&1; then echo "$how"; exit 0; fi
if [ "$(id -u)" = 0 ]; then as=""; elif sudo -n true 2>/dev/null; then as="sudo"; else
  echo "Prosody is missing, so the XMPP tests will NOT RUN: sudo apt-get install --no-install-recommends prosody"; exit 0
fi
echo "Installing Prosody, the XMPP server of the tests, from Debian's packages (its own service is kept from starting) …"
# A package starts its service unless this file forbids it; the tests start a server of their own.
policy=/usr/sbin/policy-rc.d
made=no
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $as tee "$policy" >/dev/null && $as chmod 755 "$policy" && made=yes
fi
{ $as apt-get -qq update && $as env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends prosody; } >/dev/null 2>&1 || echo "$how"
[ "$made" = yes ] && $as rm -f "$policy"
exit 0
