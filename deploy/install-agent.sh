#!/bin/sh
# Makes this machine an agent of a clipgrid: a user, the program in /opt/clipgrid, settings in /etc/clipgrid/agent.env and
# a systemd unit. Run it again to change or update; what is as it should be stays. Each line that it prints is one step.
set -eu
# The agent's own user must read what is installed; what is secret says so itself.
umask 022

usage() {
  cat <<'USAGE'
usage: sudo CLIPGRID_JOIN_TOKEN=... ./install-agent.sh --coordinator HOST:PORT [options]

  --coordinator HOST:PORT  any coordinator of the grid, or several with commas between
  --package WHAT           the npm package: a .tgz file, a URL or a version (default: clipgrid)
  --ca FILE                CA of the coordinator's certificate; without it the agent speaks plain text
  --name NAME              what people call this machine (default: its host name)
  --slots N                tasks at once (default: the agent's own choice)
  --no-tools               leave ffmpeg, x264, x265 and bubblewrap alone
  --no-start               do not start, nor enable, the unit
  --uninstall              stop and remove the program and the unit; settings and work stay
  --root DIR               write below DIR instead of /, and touch neither users nor systemd (for images and tests)
  --help                   this text

The join token comes from the environment, where no process list shows it: `clipgrid join-token create` makes one. It is
needed the first time only.
USAGE
}

say() { printf '%s\n' "install-agent: $*"; }
die() {
  printf '%s\n' "install-agent: $*" >&2
  exit 2
}

coordinator='' package='clipgrid' ca='' name='' slots='' root='' tools=yes start=yes uninstall=no
while [ $# -gt 0 ]; do
  option=$1
  case $option in
    --coordinator | --package | --ca | --name | --slots | --root)
      [ $# -ge 2 ] || die "$option needs a value (see --help)"
      case $option in
        --coordinator) coordinator=$2 ;;
        --package) package=$2 ;;
        --ca) ca=$2 ;;
        --name) name=$2 ;;
        --slots) slots=$2 ;;
        --root) root=$2 ;;
      esac
      shift
      ;;
    --no-tools) tools=no ;;
    --no-start) start=no ;;
    --uninstall) uninstall=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) die "$option is not known (see --help)" ;;
  esac
  shift
done

unit=$root/etc/systemd/system/clipgrid-agent.service
dropin=$unit.d/delegate-subgroup.conf
settings=$root/etc/clipgrid/agent.env
home=$root/opt/clipgrid

if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then die 'run it as root (sudo), or give --root'; fi

if [ "$uninstall" = yes ]; then
  if [ -z "$root" ] && [ -e "$unit" ]; then
    say 'stopping and disabling clipgrid-agent'
    systemctl disable --now clipgrid-agent.service
  fi
  say "removing $home and $unit; $settings and the work folder stay"
  rm -rf "$home" "$unit" "$unit.d"
  [ -n "$root" ] || systemctl daemon-reload
  exit 0
fi

[ -n "$coordinator" ] || die '--coordinator is missing: HOST:PORT of any coordinator (see --help)'
case $coordinator in
  *[!A-Za-z0-9.,:_\[\]-]* | *://*) die "--coordinator is '$coordinator': give HOST:PORT, without a scheme" ;;
esac
case $slots in
  *[!0-9]*) die "--slots is '$slots': give a whole number" ;;
esac
# Each setting is one line, and systemd takes a # at its start, quotes and backslashes as its own.
line_of() {
  case $2 in
    *[!A-Za-z0-9._:,/=+@\[\]\ -]*) die "$1 has characters that a settings file cannot hold" ;;
  esac
  printf '%s=%s\n' "$1" "$2"
}
if [ -n "$ca" ] && [ "$ca" != system ]; then [ -r "$ca" ] || die "--ca is '$ca': no such file"; fi

# Writes standard input to a file unless it holds just that. Says what it did; succeeds when it changed something.
put() {
  draft=$1.new
  mkdir -p "$(dirname "$1")"
  (umask 077 && cat >"$draft")
  if cmp -s "$draft" "$1"; then
    rm -f "$draft"
    say "$1 is as it should be"
    return 1
  fi
  chmod "$2" "$draft"
  mv "$draft" "$1"
  say "wrote $1"
}
changed=no

if [ -z "$root" ]; then
  if id clipgrid >/dev/null 2>&1; then
    say 'the user clipgrid is there'
  else
    say 'making the system user clipgrid'
    useradd --system --user-group --home-dir /var/lib/clipgrid --shell /usr/sbin/nologin clipgrid
  fi
  # Who may open /dev/dri.
  for group in render video; do
    if getent group "$group" >/dev/null; then usermod --append --groups "$group" clipgrid; fi
  done
fi

if [ "$tools" = yes ] && [ -z "$root" ]; then
  missing=''
  for pair in ffmpeg:ffmpeg x264:x264 x265:x265 bwrap:bubblewrap npm:npm; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
  done
  if [ -n "$missing" ]; then
    command -v apt-get >/dev/null 2>&1 || die "install these and run me again (or give --no-tools):$missing"
    say "installing$missing (apt-get)"
    # shellcheck disable=SC2086 # words, one a package
    DEBIAN_FRONTEND=noninteractive apt-get -q update >/dev/null && apt-get -q install -y --no-install-recommends $missing >/dev/null
  else
    say 'ffmpeg, x264, x265, bubblewrap and npm are there'
  fi
fi
command -v npm >/dev/null 2>&1 || die 'npm is missing: install Node 18 or newer, which brings it'

case $package in
  *.tgz | *.tar.gz) case $package in *://*) ;; *) [ -r "$package" ] || die "--package is '$package': no such file" ;; esac ;;
  [0-9]*) package=clipgrid@$package ;;
esac
before=$(cat "$home/node_modules/.package-lock.json" 2>/dev/null || :)
say "installing the npm package $package in $home"
mkdir -p "$home"
npm install --prefix "$home" --no-audit --no-fund --omit=dev --loglevel=error "$package" >/dev/null
[ "$before" = "$(cat "$home/node_modules/.package-lock.json")" ] || changed=yes
node=''
for found in "$home"/node_modules/node-linux-*/bin/node; do [ -x "$found" ] && node=$found; done
if [ -z "$node" ]; then
  node=$(command -v node) || die 'there is no Node'
  [ "$("$node" -p 'Number(process.versions.node.split(".")[0]) >= 24')" = true ] || die "$node is too old: install Node 24 or newer"
else
  # Where it will be, not where it is now below --root.
  node=/opt/clipgrid/${node#"$home"/}
fi
ln -sfn "$node" "$home/node"

if [ -n "$ca" ] && [ "$ca" != system ]; then
  if put "$root/etc/clipgrid/ca.pem" 644 <"$ca"; then changed=yes; fi
  ca=/etc/clipgrid/ca.pem
fi

# A token that was given once is kept: the agent forgets it when it has its own key.
token=${CLIPGRID_JOIN_TOKEN:-}
if [ -z "$token" ] && [ -r "$settings" ]; then token=$(sed -n 's/^CLIPGRID_JOIN_TOKEN=//p' "$settings"); fi
lines=$(
  line_of CLIPGRID_COORDINATOR "$coordinator"
  if [ -n "$token" ]; then line_of CLIPGRID_JOIN_TOKEN "$token"; fi
  if [ -n "$ca" ]; then line_of CLIPGRID_CA "$ca"; fi
  if [ -n "$name" ]; then line_of CLIPGRID_NAME "$name"; fi
  if [ -n "$slots" ]; then line_of CLIPGRID_SLOTS "$slots"; fi
)
# Lines that somebody added by hand are kept.
others=''
if [ -r "$settings" ]; then
  others=$(grep -Ev '^CLIPGRID_(COORDINATOR|JOIN_TOKEN|CA|NAME|SLOTS)=' "$settings" || :)
fi
if printf '%s\n' "$lines" ${others:+"$others"} | put "$settings" 600; then changed=yes; fi

if put "$unit" 644 <"$home/node_modules/clipgrid/deploy/systemd/clipgrid-agent.service"; then changed=yes; fi
version=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
if [ "${version:-0}" -ge 254 ]; then
  if printf '[Service]\nDelegateSubgroup=agent\n' | put "$dropin" 644; then changed=yes; fi
fi

if [ -n "$root" ]; then
  say "done; nothing was started, because everything is below $root"
  exit 0
fi

# VapourSynth, as the user that will need it; the agent works without, and says so.
cache=/var/cache/clipgrid
install -d -o clipgrid -g clipgrid -m 700 "$cache"
say 'setting up VapourSynth (needs Python 3.12 or newer)'
runuser -u clipgrid -- env HOME="$cache" XDG_CACHE_HOME="$cache" "$home/node" -e \
  "import('$home/node_modules/clipgrid/scripts/setup/vapoursynth.mjs').then((m) => m.ensureVapourSynth())" || :

systemctl daemon-reload
if [ "$start" = no ]; then
  say 'done; start it with: systemctl enable --now clipgrid-agent'
elif [ "$changed" = yes ] || ! systemctl -q is-active clipgrid-agent.service; then
  say 'starting clipgrid-agent (what it held is finished first)'
  systemctl -q enable clipgrid-agent.service
  systemctl restart clipgrid-agent.service
  say 'done; watch it with: journalctl -fu clipgrid-agent'
else
  say 'done; nothing changed, clipgrid-agent runs on'
fi
