import { enableCompileCache } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../shared/clock.ts';
import { GridError, toGridError } from '../shared/errors.ts';
import { exitCodeOf } from '../shared/exit-codes.ts';
import { systemIds } from '../shared/ids.ts';
import { createLogger } from '../shared/logger.ts';
import { openTraces } from '../shared/open-traces.ts';
import type { startCoordinator as StartCoordinator } from './coordinator.ts';
import { readSettings } from './settings.ts';

const HELP = `clipgrid coordinator: serves REST and gRPC over one PostgreSQL and one object store. Start as many as you like on the same two.

  DATABASE_URL                  postgres://user:password@host:port/database (15 or newer; required)
  CLIPGRID_HOST                 address to listen on (default 127.0.0.1)
  CLIPGRID_HTTP_PORT            REST and dashboard (default 7000)
  CLIPGRID_GRPC_PORT            agents and admin tools (default 7070)
  CLIPGRID_FINALRIP_PORT        FinalRip's clients (default 8848; 0: on the main port only)
  CLIPGRID_DATA                 folder for objects, when there is no S3 (default .clipgrid/data)
  CLIPGRID_S3_ENDPOINT          http(s)://host:port of any S3; with CLIPGRID_S3_ACCESS_KEY, CLIPGRID_S3_SECRET_KEY,
                                CLIPGRID_S3_REGION, and CLIPGRID_S3_PUBLIC_ENDPOINT where browsers reach it elsewhere
  CLIPGRID_PUBLIC_URL           this coordinator as browsers reach it; CLIPGRID_INTERNAL_URL as agents do
  CLIPGRID_TLS_CERT             certificate for REST and gRPC (PEM; clipgrid certs makes one), with CLIPGRID_TLS_KEY; without
                                them both are plain text
  CLIPGRID_TLS_CLIENT_CA        gRPC asks every client for a certificate of this CA (PEM)
  CLIPGRID_AUTH                 token, or none to let everybody in (default: none on loopback, else token)
  CLIPGRID_ADMIN_TOKEN          a token with all scopes, made at the start
  CLIPGRID_AGENT_AUTH           how agents are let in: open, token (with the scope agent), or enrol: only with a key of their
                                own, for which a join token is needed once (default: open where CLIPGRID_AUTH is none,
                                else enrol)
  CLIPGRID_JOIN_TOKEN           a join token for any number of machines, made at the start; others: clipgrid join-token
  CLIPGRID_SECRET_KEYS          what secrets in the database are encrypted with: keys of 32 characters or more, with commas
                                between; the first encrypts, all decrypt (default: a file in CLIPGRID_DATA; must be set,
                                and the same, for several coordinators)
  CLIPGRID_OUTBOUND_NETWORKS    private networks that URLs of users may lead to, for sources and webhooks: 10.0.0.0/8,fd00::/8
                                (default none: only public addresses are asked, and only by https)
  CLIPGRID_OUTBOUND_HTTP        yes: public addresses may be asked in plain HTTP, too (default no)
  CLIPGRID_MAX_FETCH_GIB        the largest source that is fetched from a URL (default 64)
  CLIPGRID_FINALRIP_TOKEN       the token of FinalRip's clients, as one owner; there is no default
  CLIPGRID_FINALRIP_TOKENS      more of them, each an owner of its own tasks: alice=SECRET,bob:read=SECRET
  CLIPGRID_FINALRIP_AUTH        token, or none to let FinalRip's clients in without (default token)
  CLIPGRID_FINALRIP_BUCKET      bucket of their files (default finalrip)
  CLIPGRID_FINALRIP_CREATE_AT   text, or integer as FinalRip 0.4.0 has it (default text)
  AUTHORIZED_TOKENS             tokens of the HLS ladder's clients, as a JSON list (or CLIPGRID_ANIME_TOKENS); none: nobody is let in
  ANIME_SRC_ROOT_DIR            folder of their sources, or bucket:NAME/PREFIX (or CLIPGRID_ANIME_SRC)
  CLIPGRID_ANIME_PORT           their port (default 5000 once there is a token; 0: on the main port only)
  CLIPGRID_ANIME_EDITION        last, or first: which edition of the API answers (default last)
  CLIPGRID_ANIME_LADDER         renditions to be made (default 1080p,720p,480p,360p; 720p_uspp with deblocking)
  CLIPGRID_ANIME_UPSCALE        lanczos, or never to make none above the source (default lanczos)
  CLIPGRID_ANIME_USPP_QP        quantiser of the deblocking filter (default 8)
  CLIPGRID_ANIME_PUBLIC_PREFIX  before the paths in playlists, where a server in front adds one
  CLIPGRID_ANIME_MEDIA_AUTH     none, or token to ask for it before playlists and segments, too (default none)
  CLIPGRID_ANIME_BUCKET         bucket for copies of sources (default anime)
  CCNS_ANIME_BACKEND_ACTIVE     1 to tell a catalogue of each rendition, at CCNS_ANIME_BACKEND_URL, as
                                CCNS_ANIME_BACKEND_USER with CCNS_ANIME_BACKEND_PASSWORD
  CLIPGRID_LEASE_TTL_S          how long a task outlives its agent's silence (default 12): more for agents on bad lines
  CLIPGRID_MAX_WAIT_H           how many hours a job may wait while no agent is there that can do it (default 24): then it
                                fails and says so
  CLIPGRID_MIN_SANDBOX          the least sandbox of an agent for scripts and encoders: none, limits or namespaces (default
                                none); weaker agents are refused
  CLIPGRID_OPENENCODER_JWT_KEY  turns the Open Encoder API on: what its tokens are signed with, 16 characters or more; the
                                first of several, with commas between, signs, all verify
  CLIPGRID_OPENENCODER_PORT     its port (default 8080); 0 turns it off
  CLIPGRID_OPENENCODER_ADMIN_PASSWORD   first password of its user admin (default: a random one, told once in the log)
  CLIPGRID_OPENENCODER_DASHBOARD        folder of the original dashboard's built files
  CLIPGRID_OPENENCODER_ORIGINS          origins whose pages may call it, with commas between (default: its own only)
  CLIPGRID_OPENENCODER_LOGINS_PER_ACCOUNT, CLIPGRID_OPENENCODER_LOGINS_PER_ADDRESS
                                failed logins a minute before more are refused (default 5 and 60)
  CLIPGRID_OPENENCODER_REGISTRATIONS_PER_ADDRESS   registrations a minute before more are refused (default 60)
  CLIPGRID_OPENENCODER_LOCAL    on, or off: whether it may start agents on this machine (default on); CLIPGRID_OPENENCODER_LOCAL_PRICE:
                                what this machine costs an hour (default 0)
  CLIPGRID_OPENENCODER_SSH_HOSTS        hosts of your own where it may start an agent: HOST or USER@HOST:PORT, with commas
                                between; each is in known_hosts and has CLIPGRID_OPENENCODER_SSH_COMMAND (default clipgrid)
  CLIPGRID_OPENENCODER_AGENT_ADDRESS    HOST:PORT of gRPC as rented machines reach it (default: from CLIPGRID_PUBLIC_URL)
  CLIPGRID_OPENENCODER_AGENT_CA         file of the CA that they trust, or system; needed where gRPC speaks TLS
  CLIPGRID_OPENENCODER_AGENT_PACKAGE    https://.../clipgrid.tar.gz#sha256=HEX, which they install; default: their image has
                                it in /opt/clipgrid
  CLIPGRID_OPENENCODER_DO_IMAGE, CLIPGRID_OPENENCODER_DO_URL
                                DigitalOcean's image (default debian-13-x64) and API; token and region are in the dashboard
  CLIPGRID_OPENENCODER_MAX_MACHINES     most machines at once (default 10); CLIPGRID_OPENENCODER_MAX_HOURLY_PRICE: what they may cost
                                an hour together (default: no limit)
  CLIPGRID_OPENENCODER_IDLE_MIN         a machine that costs something is ended after so long without work (default 30; 0: never)
  CLIPGRID_OPENENCODER_MAX_HOURS        ... and after so many hours, at work or not (default 24; 0: never)
  CLIPGRID_OPENENCODER_DRAIN_S  how long a machine that is ended may finish what it works on (default 300)
  CLIPGRID_OTLP_ENDPOINT        http(s)://host:4318 of an OpenTelemetry collector, which gets a trace of each job (default: that of
                                OTEL_EXPORTER_OTLP_ENDPOINT; none: no traces)
  CLIPGRID_LOG                  debug, info, warn, error or silent (default info)

Once it listens it says so in one line of JSON on standard output; its log goes to standard error.

Examples:
  DATABASE_URL=postgres://grid:secret@db.lab/grid clipgrid coordinator              # for this machine only
  CLIPGRID_HOST=0.0.0.0 CLIPGRID_PUBLIC_URL=http://grid.lab:7000 CLIPGRID_ADMIN_TOKEN=... clipgrid coordinator

Exit codes are those of \`clipgrid --help\`.`;

/** The program itself, compiled once and for all: its start costs half as much then, and 25 MiB less. */
async function load(): Promise<{ startCoordinator: typeof StartCoordinator }> {
  enableCompileCache(join(import.meta.dirname, '../.cache/compiled'));
  return import('./coordinator.ts');
}

async function main(): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) return console.log(HELP);
  const [unknown] = process.argv.slice(2);
  if (unknown !== undefined) {
    const message = `${unknown} is not known: all settings come from the environment (see clipgrid coordinator --help)`;
    throw new GridError('invalid_argument', message);
  }
  const settings = readSettings(process.env);
  const logger = createLogger(settings.logLevel, { process: 'coordinator' });
  process.on('unhandledRejection', (reason) =>
    logger.error({ error: String(reason) }, 'unhandled rejection'),
  );
  process.on('uncaughtException', (error) =>
    logger.error({ error: error.message, stack: error.stack }, 'uncaught exception'),
  );
  const ids = systemIds(() => systemClock.wallMs());
  const { startCoordinator } = await load();
  const traces = await openTraces(settings.otlpEndpoint, {
    service: 'clipgrid-coordinator',
    instance: `${hostname()}:${settings.httpPort}`,
    clock: systemClock,
  });
  const { tracer } = traces;
  const coordinator = await startCoordinator({ settings, clock: systemClock, ids, logger, tracer });
  const { httpPort, grpcPort, dialectPorts } = coordinator;
  console.log(JSON.stringify({ event: 'listening', http: httpPort, grpc: grpcPort, ...dialectPorts }));
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  logger.info({}, 'stopping');
  await coordinator.stop();
  await traces.stop();
}

try {
  await main();
  process.exit(0);
} catch (thrown) {
  console.error(`clipgrid coordinator: ${toGridError(thrown).message}`);
  process.exit(exitCodeOf(thrown));
}
