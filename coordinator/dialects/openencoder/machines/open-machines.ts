import { availableParallelism, hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import { readCertificates } from '../../../../shared/pem-file.ts';
import type { DialectParts } from '../../dialect.ts';
import type { SettingStore } from '../settings/setting-store.ts';
import { cloudInit } from './cloud-init.ts';
import type { Machines } from './context.ts';
import { DigitalOcean, type DigitalOceanAccount } from './digitalocean/digitalocean.ts';
import { Listings } from './listings.ts';
import { Local } from './local/local.ts';
import type { MachineProvider } from './provider.ts';
import type { MachineSettings } from './settings.ts';
import { Ssh } from './ssh/ssh.ts';
import { MachineStore } from './store.ts';

export interface OpenMachines {
  readonly parts: DialectParts;
  readonly settings: MachineSettings;
  readonly options: SettingStore;
}

const LOOPBACK = /^(127\.|localhost:|\[?::1\]?:)/;
const INSTALLATION_BYTES = 12;

async function accountOf(options: SettingStore): Promise<DigitalOceanAccount> {
  const values = await options.all();
  return {
    token: values.DIGITAL_OCEAN_ACCESS_TOKEN.trim(),
    enabled: values.DIGITAL_OCEAN_ENABLED === 'enabled',
    region: values.DIGITAL_OCEAN_REGION.trim(),
    vpc: values.DIGITAL_OCEAN_VPC.trim(),
  };
}

/** gRPC where browsers find the main port; behind a proxy the operator says another one. */
function publicAddress({ publicUrl, grpcAddress }: DialectParts): string {
  return `${new URL(publicUrl).hostname}:${grpcAddress.slice(grpcAddress.lastIndexOf(':') + 1)}`;
}

interface Wired extends OpenMachines {
  readonly store: MachineStore;
}

function providersOf({ parts, settings, options, store }: Wired): MachineProvider[] {
  const { clock, ids, dataDir } = parts;
  const { local, ssh, digitalOcean, agentCa, agentPackage, missing } = settings;
  const unready = missing === undefined ? {} : { unready: missing };
  const pem =
    agentCa === undefined || agentCa === 'system'
      ? agentCa
      : readCertificates('CLIPGRID_OPENENCODER_AGENT_CA', agentCa).toString('utf8');
  const ca = pem === undefined ? {} : { ca: pem };
  // A certificate names the address that machines are told, and not the loopback.
  const near = agentCa === undefined ? parts.grpcAddress : (settings.agentAddress ?? parts.grpcAddress);
  const far = settings.agentAddress ?? publicAddress(parts);
  let installation: Promise<string> | undefined;
  const grid = (): Promise<string> =>
    (installation ??= store.installation(ids.secret(INSTALLATION_BYTES)).catch((error: unknown) => {
      installation = undefined;
      throw error;
    }));
  return [
    new Local({
      ...local,
      ...unready,
      folder: join(dataDir, 'machines'),
      hostName: hostname(),
      hardware: { cores: availableParallelism(), memoryBytes: totalmem() },
      coordinator: near,
      ...(agentCa === undefined ? {} : { ca: agentCa }),
      clock,
    }),
    ...ssh.hosts.map((host) => new Ssh({ ...ssh, ...unready, ...ca, host, grid, coordinator: far })),
    new DigitalOcean({
      ...digitalOcean,
      ...unready,
      ...(LOOPBACK.test(far)
        ? { remark: `machines elsewhere cannot reach ${far}: set CLIPGRID_OPENENCODER_AGENT_ADDRESS` }
        : {}),
      account: () => accountOf(options),
      userData: (joinToken) =>
        cloudInit({ coordinator: far, ...ca, joinToken, ...(agentPackage ? { package: agentPackage } : {}) }),
      clock,
      ids,
    }),
  ];
}

/** Wires the machines' part of the dialect; nothing runs before its keeper is started. */
export function openMachines(input: OpenMachines): Machines {
  const { parts, settings } = input;
  const { clock, grid } = parts;
  const logger = parts.logger.child({ part: 'machines' });
  const store = new MachineStore(parts.db);
  return {
    providers: providersOf({ ...input, store }),
    store,
    listings: new Listings({ store, clock, logger }),
    grid,
    limits: settings.limits,
    drainMs: settings.drainMs,
    clock,
    logger,
  };
}
