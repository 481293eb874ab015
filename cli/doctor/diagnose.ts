import { clientOf, type CliContext } from '../context.ts';
import { checkCoordinator } from './coordinator.ts';
import { checkDatabase } from './database.ts';
import type { Finding } from './finding.ts';
import { PARTS, type DoctorOptions } from './parts.ts';
import { checkPorts } from './ports.ts';
import { checkStore } from './store.ts';
import { checkNode, checkTools } from './tools.ts';

function checks(
  context: CliContext,
  options: DoctorOptions,
): Record<(typeof PARTS)[number], () => Promise<Finding[]>> {
  const { environment, clock, ids } = context;
  const host = environment['CLIPGRID_HOST'] || '127.0.0.1';
  const ports = [
    { name: 'REST', port: options.port, option: '--port' },
    { name: 'agents', port: options.grpcPort, option: '--grpc-port' },
    { name: 'FinalRip', port: options.finalripPort, option: '--finalrip-port' },
    { name: 'Open Encoder', port: options.openencoderPort, option: '--openencoder-port' },
    { name: 'Anime HLS', port: options.animePort, option: '--anime-port' },
  ];
  return {
    tools: async () => [checkNode(process.version), ...(await checkTools(environment, clock))],
    ports: () => checkPorts(host, ports),
    database: async () => [await checkDatabase(environment['DATABASE_URL'])],
    store: async () => [await checkStore(environment, { clock, ids })],
    coordinator: () => checkCoordinator(clientOf(context, options), options.url !== undefined),
  };
}

/** Checks the wanted parts, all at once; findings come in the order of the parts. */
export async function diagnose(context: CliContext, options: DoctorOptions): Promise<Finding[]> {
  const wanted: readonly string[] = options.only?.split(',') ?? PARTS;
  const all = checks(context, options);
  const found = await Promise.all(PARTS.filter((part) => wanted.includes(part)).map((part) => all[part]()));
  return found.flat();
}
