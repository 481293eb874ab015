import { spawn } from 'node:child_process';
import {
  ProviderError,
  type MachineProvider,
  type Network,
  type Order,
  type ProviderMachine,
  type ProviderStatus,
  type Region,
  type Size,
} from '../provider.ts';
import { sshArguments, type SshHost } from './hosts.ts';
import { endScript, listScript, startScript } from './scripts.ts';

export interface SshOptions {
  readonly host: SshHost;
  /** Why no agent could join, in words. */
  readonly unready?: string;
  /** Of this installation. */
  grid(): Promise<string>;
  /** host:port of gRPC as that host reaches it. */
  readonly coordinator: string;
  /** PEM, or `system`; absent: plain text. */
  readonly ca?: string;
  /** The program there. */
  readonly command: string;
  /** What `ssh` itself may see: PATH, HOME, the agent of its keys. */
  readonly environment: Readonly<Record<string, string>>;
}

const LIST_EVERY_MS = 60_000;
const LIMIT_MS = 45_000;
const MAX_OUTPUT_CHARS = 64 * 1024;
const MAX_SHOWN_CHARS = 400;
const SIZE = 'ssh-host';

/** A host of our own that runs an agent on demand. It has a region of its own, and place for one machine. */
export class Ssh implements MachineProvider {
  readonly name = 'ssh';
  readonly scope: string;
  readonly tokens = 'single';
  readonly listEveryMs = LIST_EVERY_MS;
  readonly #options: SshOptions;
  readonly #region: string;

  constructor(options: SshOptions) {
    this.#options = options;
    this.#region = `ssh-${options.host.name}`;
    this.scope = this.#region;
  }

  status(): Promise<ProviderStatus> {
    const { unready = '' } = this.#options;
    return Promise.resolve({ enabled: unready === '', reason: unready });
  }

  regions(): Promise<readonly Region[]> {
    const { name } = this.#options.host;
    return Promise.resolve([{ slug: this.#region, name, sizes: [SIZE], available: true }]);
  }

  sizes(): Promise<readonly Size[]> {
    return Promise.resolve([{ slug: SIZE, available: true, priceHourly: 0, priceMonthly: 0 }]);
  }

  networks(): Promise<readonly Network[]> {
    return Promise.resolve([]);
  }

  async create({ ids, joinTokens }: Order): Promise<string[]> {
    const { host } = this.#options;
    const [id, second] = ids;
    const [joinToken] = joinTokens;
    if (id === undefined || joinToken === undefined) return [];
    if (second !== undefined)
      throw new ProviderError('capacity', `${host.name} has place for one machine only`);
    const said = await this.#run(
      startScript({ ...this.#options, grid: await this.#options.grid(), id, joinToken }),
    );
    if (said === 'taken') throw new ProviderError('capacity', `${host.name} runs a machine already`);
    return [String(id)];
  }

  async list(): Promise<ProviderMachine[]> {
    const said = await this.#run(listScript(await this.#options.grid()));
    const ids = said.split('\n').filter((line) => /^\d{1,10}$/.test(line));
    return ids.map((id) => ({
      providerId: id,
      machineId: Number(id),
      region: this.#region,
      regionName: this.#options.host.name,
      size: SIZE,
      priceHourly: 0,
      priceMonthly: 0,
      createdAtMs: 0,
    }));
  }

  async remove(providerId: string): Promise<void> {
    await this.#run(endScript(await this.#options.grid(), Number(providerId)));
  }

  async removeAll(): Promise<void> {
    await this.#run(endScript(await this.#options.grid(), undefined));
  }

  /** Runs a script there. Resolves to what it said. */
  #run(script: string): Promise<string> {
    const { host, environment } = this.#options;
    const child = spawn('ssh', sshArguments(host), {
      env: environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      signal: AbortSignal.timeout(LIMIT_MS),
      killSignal: 'SIGKILL',
    });
    let said = '';
    let complained = '';
    child.stdout.on('data', (chunk: Buffer) => (said = `${said}${chunk}`.slice(0, MAX_OUTPUT_CHARS)));
    child.stderr.on('data', (chunk: Buffer) => {
      complained = `${complained}${chunk}`.slice(-MAX_SHOWN_CHARS);
    });
    // A connection that is refused does not read its script: the exit code tells why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(script);
    return new Promise((resolve, reject) => {
      const fail = (why: string): void =>
        reject(new ProviderError('failed', `${host.name} cannot be used by ssh: ${why}`));
      child.once('error', (error) => fail(error.message));
      child.once('close', (code, signal) => {
        if (code === 0) resolve(said.trim());
        else fail(complained.trim() || (signal ?? `exit code ${code}`));
      });
    });
  }
}
