import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../../../shared/clock.ts';
import { toGridError } from '../../../../../shared/errors.ts';
import { programFile } from '../../../../../shared/program-file.ts';
import {
  MACHINE_NAME,
  ProviderError,
  type MachineProvider,
  type Network,
  type Order,
  type ProviderMachine,
  type ProviderStatus,
  type Region,
  type Size,
} from '../provider.ts';
import { endBelow, endProcess, findMarked, startTicksOf, type MarkedProcess } from './processes.ts';
import { localSizes, slotsOf, type Hardware, type LocalSize } from './sizes.ts';

export interface LocalOptions {
  readonly enabled: boolean;
  /** Why no agent could join, in words. */
  readonly unready?: string;
  /** Each machine gets a work directory in it. One folder, one coordinator. */
  readonly folder: string;
  readonly hostName: string;
  readonly hardware: Hardware;
  /** Of the whole machine. */
  readonly priceHourly: number;
  /** host:port of gRPC as this machine reaches it. */
  readonly coordinator: string;
  /** A file, or `system`; absent: plain text. */
  readonly ca?: string;
  /** What an agent needs of the coordinator's environment; no secrets. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** By these variables a machine's process is known, however its coordinator ended. */
const FOLDER_MARK = 'CLIPGRID_MACHINES';
const ID_MARK = 'CLIPGRID_MACHINE';
const AGENT = programFile(join(import.meta.dirname, '../../../../../agent/main'));
const LIST_EVERY_MS = 4_000;
/** The agent gives back what it still holds, and leaves; then it is killed. */
const DRAIN_S = 2;
const GRACE_MS = 8_000;

/** Agents as processes on the coordinator's own machine. They outlive it: the next one finds them. */
export class Local implements MachineProvider {
  readonly name = 'local';
  readonly scope: string;
  readonly tokens = 'single';
  readonly listEveryMs = LIST_EVERY_MS;
  readonly #options: LocalOptions;
  readonly #sizes: readonly LocalSize[];
  readonly #region: string;
  /** One change at a time: a new work directory is no leftover. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: LocalOptions) {
    this.#options = options;
    this.#sizes = localSizes(options.hardware, options.priceHourly);
    this.#region = `local-${options.hostName.toLowerCase().replaceAll(/[^a-z0-9.-]/g, '-')}`;
    this.scope = `${this.#region}:${options.folder}`;
  }

  status(): Promise<ProviderStatus> {
    const { enabled, unready } = this.#options;
    if (!enabled) return Promise.resolve({ enabled, reason: 'CLIPGRID_OPENENCODER_LOCAL is off' });
    if (unready !== undefined) return Promise.resolve({ enabled: false, reason: unready });
    if (process.platform !== 'linux')
      return Promise.resolve({ enabled: false, reason: 'machines on this host need Linux' });
    return Promise.resolve({ enabled, reason: '' });
  }

  regions(): Promise<readonly Region[]> {
    const sizes = this.#sizes.map(({ slug }) => slug);
    return Promise.resolve([{ slug: this.#region, name: this.#options.hostName, sizes, available: true }]);
  }

  sizes(): Promise<readonly Size[]> {
    return Promise.resolve(this.#sizes);
  }

  networks(): Promise<readonly Network[]> {
    return Promise.resolve([]);
  }

  async create({ size, ids, joinTokens }: Order): Promise<string[]> {
    const shape = this.#sizes.find(({ slug }) => slug === size);
    if (shape === undefined) throw new ProviderError('invalid', `this machine has no size ${size}`);
    return this.#alone(() => Promise.all(ids.map((id, i) => this.#start(id, shape, joinTokens[i] ?? ''))));
  }

  async list(): Promise<ProviderMachine[]> {
    return (await this.#processes()).map((one) => {
      const [id, size] = one.value.split(' ', 2);
      const shape = this.#sizes.find(({ slug }) => slug === size);
      return {
        providerId: providerIdOf(one),
        machineId: Number(id),
        region: this.#region,
        regionName: this.#options.hostName,
        size: size ?? '',
        priceHourly: shape?.priceHourly ?? 0,
        priceMonthly: shape?.priceMonthly ?? 0,
        createdAtMs: 0,
      };
    });
  }

  async remove(providerId: string): Promise<void> {
    await this.#end((one) => providerIdOf(one) === providerId);
  }

  async removeAll(): Promise<void> {
    await this.#end(() => true);
  }

  async #end(wanted: (one: MarkedProcess) => boolean): Promise<void> {
    const { clock } = this.#options;
    const ending = (await this.#processes()).filter(wanted);
    await Promise.all(ending.map((one) => endProcess(one, GRACE_MS, clock)));
    await this.#alone(() => this.#sweep());
  }

  #alone<T>(change: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(change);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #processes(): Promise<MarkedProcess[]> {
    return findMarked({ [FOLDER_MARK]: this.#options.folder }, ID_MARK);
  }

  /** Work directories of agents that are gone, whatever ended them, and what still runs in one. */
  async #sweep(): Promise<void> {
    const { folder, clock } = this.#options;
    const alive = new Set((await this.#processes()).map((one) => one.value.split(' ', 1)[0]));
    for (const name of await readdir(folder).catch((): string[] => [])) {
      if (!/^\d+$/.test(name) || alive.has(name)) continue;
      const path = join(folder, name);
      await endBelow(await realpath(path).catch(() => path), clock);
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  async #start(id: number, size: LocalSize, joinToken: string): Promise<string> {
    const { folder, coordinator } = this.#options;
    const data = join(folder, String(id));
    const argv = [AGENT, '--coordinator', coordinator, '--name', `${MACHINE_NAME}-${id}`];
    argv.push('--slots', String(slotsOf(size.cores)), '--data', data);
    try {
      await mkdir(data, { recursive: true });
      await using log = await open(join(data, 'agent.log'), 'a', 0o600);
      const child = spawn(process.execPath, argv, {
        cwd: data,
        env: this.#environment(`${id} ${size.slug}`, size, joinToken),
        stdio: ['ignore', 'ignore', log.fd],
        // A group of its own: what ends the coordinator does not end it.
        detached: true,
      });
      await once(child, 'spawn');
      child.unref();
      const { pid = 0 } = child;
      const startTicks = await startTicksOf(pid);
      if (startTicks === undefined) throw new Error('it ended at once');
      return providerIdOf({ pid, startTicks });
    } catch (cause) {
      const message = `no agent could be started on this machine: ${toGridError(cause).message}`;
      throw new ProviderError('failed', message, { cause });
    }
  }

  /** The token is in the environment, which only this account may read: command lines are everybody's. */
  #environment(mark: string, size: LocalSize, joinToken: string): Record<string, string> {
    const { environment, folder, ca } = this.#options;
    return {
      ...environment,
      [FOLDER_MARK]: folder,
      [ID_MARK]: mark,
      CLIPGRID_JOIN_TOKEN: joinToken,
      CLIPGRID_DRAIN_S: String(DRAIN_S),
      CLIPGRID_SANDBOX_MEMORY_GIB: String(size.memoryGib),
      ...(ca === undefined ? {} : { CLIPGRID_CA: ca }),
    };
  }
}

function providerIdOf({ pid, startTicks }: Pick<MarkedProcess, 'pid' | 'startTicks'>): string {
  return `${pid}-${startTicks}`;
}
