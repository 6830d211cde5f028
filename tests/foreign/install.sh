#!/bin/sh
# Installs the clients of the tests and pictures from the lock file, where there is a Node to run them; else says how.
# Without Node it does not fail: what needs it is then reported as not run. With Node, an installation that fails is a failure.
cd "$(dirname "$0")" || exit 1
wanted=20
how="Node.js $wanted or newer and npm are missing, so the tests with foreign clients will NOT RUN: install them from your system's packages."
for tool in node npm; do
  command -v $tool >/dev/null 2>&1 || { echo "$how"; exit 0; }
done
[ "$(node --print 'parseInt(process.versions.node)')" -ge $wanted ] || { echo "$how"; exit 0; }
# What is there already is what the lock file says: npm keeps this copy of it.
if [ -e node_modules/.installed ] && cmp -s package-lock.json node_modules/.installed; then exit 0; fi
echo "Installing the clients that the tests and pictures drive into tests/foreign/node_modules (once) …"
npm ci --loglevel=error && cp package-lock.json node_modules/.installed
