import { DEFAULT_PROCESSES, DEFAULT_WORK_GIB } from './sandbox/limits.ts';

/** What `clipgrid agent --help` says. */
export const HELP = `clipgrid agent: works for a grid. It only ever calls out; nothing needs to reach it.

  --coordinator HOST:PORT  any coordinator of the grid, or several with commas between: when one is away the agent
                           turns to the next (CLIPGRID_COORDINATOR; default 127.0.0.1:7070)
  --join-token TOKEN       lets this machine join, once: from then on it has a key of its own in --data and needs no token
                           (better: CLIPGRID_JOIN_TOKEN, which no process list shows; made by clipgrid join-token create)
  --token TOKEN            for grids that let agents in by a token with the scope agent (CLIPGRID_TOKEN)
  --ca FILE                speak TLS, with coordinators that have a certificate of this CA; system: of the public ones
                           (CLIPGRID_CA)
  --cert FILE --key FILE   the certificate of this machine, for coordinators that ask for one (CLIPGRID_CERT, CLIPGRID_KEY)
  --name NAME              what people call this machine (CLIPGRID_NAME; default: its host name)
  --slots N                tasks at once (CLIPGRID_SLOTS; default: half of the cores, at least 2)
  --data DIR               identity and work files (CLIPGRID_AGENT_DATA; default ./.clipgrid/agent)
  --config FILE            all of these and the following as JSON, {"slots": 1, "yield_to": ["blender"]}; options and
                           environment are stronger (CLIPGRID_AGENT_CONFIG; default: agent.json in --data, where there is one)

On a machine that has an owner. While the owner needs it, tools stand still within 2 seconds and nothing new is taken; when that
lasts, what is held goes to others, with what is finished of it. Each has a variable, too: --yield-cpu is CLIPGRID_YIELD_CPU.
  --volunteer              the usual of what follows: --yield-cpu 25% --yield-gpu 25% --yield-fullscreen --yield-battery
                           --nice 15; what is given beside it is stronger
  --yield-cpu SHARE        while others use more than that of all processors, e.g. 25%; off
  --yield-gpu SHARE        while others use more than that of a graphics card (nvidia-smi); off
  --yield-to NAMES         while one of these programs runs, e.g. blender,steam
  --yield-fullscreen       while a program fills the screen (X11, with xprop)
  --yield-battery          while the machine runs on battery
  --hours WINDOWS          work only then, in local time: "22:00-08:00, sat sun 00:00-24:00", "mon-fri 18:00-23:30"
  (Tools can be stopped in their middle on Linux only; elsewhere a pause takes nothing new, and --release-after ends what is held.)
  --release-after TIME     a pause so long gives back what is held (default 60s)
  --resume-after TIME      work goes on when the machine was free for so long (default 10s)
  --nice N                 less in a hurry than others, 0 to 19 (default 0)
  --cores N                processors that the agent and its tools may use (taskset); encoders choose their threads by it
  --memory AMOUNT          memory of all tasks together, e.g. 8GB: each slot has its share (see CLIPGRID_SANDBOX_MEMORY_GIB)
  --disk AMOUNT            work files of all tasks together, e.g. 50GB: a task that needs more than its slot's share fails
  --source-cache AMOUNT    parts of sources that are kept for other clips and renditions, oldest out first (default: none)
  --max-download RATE --max-upload RATE   of all transfers of objects together, e.g. 20MB/s
  clipgrid agent status, pause and resume ask the agent that runs here: see clipgrid agent pause --help.

  --otlp-endpoint URL      an OpenTelemetry collector, http://otel.lab:4318, which gets the agent's part of each job's trace
                           (CLIPGRID_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT; default: none)

Scripts and encoders run in the strongest sandbox that this machine offers: bubblewrap's walls, else limits. The limits:
  CLIPGRID_SANDBOX_MEMORY_GIB  memory of one process (default: that of the machine); of one task in all, where the agent may make
                               control groups (systemd: Delegate=yes and DelegateSubgroup=agent; see sandbox-total)
  CLIPGRID_SANDBOX_PROCESSES   processes and threads of one task (default ${DEFAULT_PROCESSES})
  CLIPGRID_SANDBOX_DISK_GIB    work directory of one task (default ${DEFAULT_WORK_GIB})

Behind a proxy: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY count for objects, and for the coordinator, which is reached
through the proxy's CONNECT (GRPC_PROXY, where that is another one). The proxy's address begins with http://.

The first SIGTERM or SIGINT finishes what is held, the second one leaves at once.

Examples:
  CLIPGRID_JOIN_TOKEN=... clipgrid agent --coordinator grid.lab:7070   # this machine joins the grid
  clipgrid agent --coordinator grid.lab:7070 --ca ca.pem            # the next time, and by TLS
  clipgrid agent --coordinator grid.lab:7070 --slots 1 --name blue  # one task at a time
  clipgrid agent --coordinator grid.lab:7070 --volunteer --yield-to blender   # on a machine that somebody works at

Exit codes are those of \`clipgrid --help\`.`;
