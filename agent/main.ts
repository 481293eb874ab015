import { enableCompileCache } from 'node:module';
import { setGlobalProxyFromEnv } from 'node:http';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../shared/clock.ts';
import { toGridError } from '../shared/errors.ts';
import { exitCodeOf } from '../shared/exit-codes.ts';
import { systemIds } from '../shared/ids.ts';
import { createLogger } from '../shared/logger.ts';
import { openTraces } from '../shared/open-traces.ts';
import { trustCa } from '../shared/trust-ca.ts';
import { VERSION } from '../shared/version.ts';
import { boundOwnProcess } from './guest/own-limits.ts';
import { HELP } from './help.ts';
import { proxyEnvironment } from './proxy-environment.ts';
import { readConfig, type Host } from './read-config.ts';

function readHost(): Host {
  const cacheDir = process.env['CLIPGRID_CACHE'] ?? join(import.meta.dirname, '../.cache');
  return { hostname: hostname(), cores: availableParallelism(), cacheDir, version: VERSION };
}

async function main(): Promise<void> {
  const config = readConfig({ args: process.argv.slice(2), env: process.env }, readHost());
  if (config === 'help') return console.log(HELP);
  // Objects come from coordinators and stores of the same CA.
  if (config.tls?.ca) trustCa(config.tls.ca);
  const logger = createLogger(process.env['CLIPGRID_LOG'] ?? 'info', { process: 'agent', name: config.name });
  for (const problem of boundOwnProcess(config)) logger.warn({}, problem);
  const proxies = proxyEnvironment(process.env);
  if (proxies) {
    Object.assign(process.env, proxies);
    setGlobalProxyFromEnv(proxies);
  }
  const leave = new AbortController();
  const quit = new AbortController();
  const onSignal = (): void => (leave.signal.aborted ? quit.abort() : leave.abort());
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('unhandledRejection', (reason) =>
    logger.error({ error: String(reason) }, 'unhandled rejection'),
  );
  const ids = systemIds(() => systemClock.wallMs());
  // Compiled once and for all: its start costs half as much then.
  enableCompileCache(join(import.meta.dirname, '../.cache/compiled'));
  const { runAgent } = await import('./agent.ts');
  const about = { service: 'clipgrid-agent', instance: config.name, clock: systemClock };
  const traces = await openTraces(config.otlpEndpoint, about);
  const signals = { leave: leave.signal, quit: quit.signal };
  try {
    await runAgent({ config, clock: systemClock, ids, logger, tracer: traces.tracer, ...signals });
  } finally {
    await traces.stop();
  }
}

try {
  await main();
  process.exit(0);
} catch (thrown) {
  console.error(`clipgrid agent: ${toGridError(thrown).message}`);
  process.exit(exitCodeOf(thrown));
}
