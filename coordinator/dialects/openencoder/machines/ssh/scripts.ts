import { MACHINE_NAME } from '../provider.ts';

export interface StartScript {
  /** Of this installation: several may use one host. */
  readonly grid: string;
  readonly id: number;
  /** host:port of gRPC. */
  readonly coordinator: string;
  /** PEM, or `system`; absent: plain text. */
  readonly ca?: string;
  readonly joinToken: string;
  /** The program on that host. */
  readonly command: string;
}

/** One argument for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `alive`: the process of `$1/process`, by its id and its start time, runs; it is then in `$pid`. */
const COMMON = (grid: string): string => `set -eu
base="$HOME/.clipgrid/machines/"${quoted(grid)}
ticks() { sed -e 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" && $1 != "X" { print $20 }'; }
alive() {
  pid= ; start= ; [ -r "$1/process" ] || return 1
  read -r pid start <"$1/process" || return 1
  [ -n "$start" ] && [ "$(ticks "$pid")" = "$start" ]
}
`;

/** Starts an agent that outlives the connection. Says `ok`, or `taken` when one of ours runs there already. */
export function startScript({ grid, id, coordinator, ca, joinToken, command }: StartScript): string {
  const caLines =
    ca === undefined
      ? ''
      : ca === 'system'
        ? 'export CLIPGRID_CA=system\n'
        : `printf %s ${quoted(ca)} >"$dir/ca.pem"\nexport CLIPGRID_CA="$dir/ca.pem"\n`;
  return `${COMMON(grid)}umask 077
mkdir -p "$base"
for one in "$base"/*; do if alive "$one"; then echo taken; exit 0; fi; done
dir="$base/${id}"
mkdir -p "$dir"
cd "$dir"
${caLines}export CLIPGRID_JOIN_TOKEN=${quoted(joinToken)} CLIPGRID_DRAIN_S=2
setsid ${quoted(command)} agent --coordinator ${quoted(coordinator)} --name ${quoted(`${MACHINE_NAME}-${id}`)} --data "$dir" >>agent.log 2>&1 </dev/null &
pid=$!
echo "$pid $(ticks "$pid")" >process
sleep 0.2
if alive "$dir"; then echo ok; else cat agent.log >&2; exit 1; fi
`;
}

/** Says the ids of the agents that run, a line each. */
export function listScript(grid: string): string {
  return `${COMMON(grid)}for one in "$base"/*; do if alive "$one"; then basename "$one"; fi; done
`;
}

/** Ends an agent and what it started, and removes its folder; without an id: all of this grid. */
export function endScript(grid: string, id: number | undefined): string {
  return `${COMMON(grid)}for dir in "$base"/${id ?? '*'}; do
  [ -d "$dir" ] || continue
  if alive "$dir"; then
    kill -TERM "$pid"
    n=0
    while alive "$dir" && [ $n -lt 80 ]; do sleep 0.1; n=$((n + 1)); done
    if alive "$dir"; then kill -KILL "-$pid"; fi
  fi
  for cwd in /proc/[0-9]*/cwd; do
    case "$(readlink "$cwd" 2>/dev/null)" in
      "$dir"/*) left=\${cwd#/proc/}; kill -KILL "\${left%/cwd}" 2>/dev/null || true ;;
    esac
  done
  rm -rf "$dir"
done
echo ok
`;
}
