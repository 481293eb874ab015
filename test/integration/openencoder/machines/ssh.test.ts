import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTicksOf } from '../../../../coordinator/dialects/openencoder/machines/local/processes.ts';
import { ProviderError, type Order } from '../../../../coordinator/dialects/openencoder/machines/provider.ts';
import { parseSshHost } from '../../../../coordinator/dialects/openencoder/machines/ssh/hosts.ts';
import { Ssh } from '../../../../coordinator/dialects/openencoder/machines/ssh/ssh.ts';
import { until } from '../../../support/machines.ts';

const GRID = 'grid-1';
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const ORDER: Order = { region: 'ssh-blue.lab', size: 'ssh-host', ids: [7], joinTokens: ["cgj_it's"] };
const ARGV = [
  '-T -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=10 -o ServerAliveInterval=5',
  '-o ServerAliveCountMax=3 -o ClearAllForwardings=yes -p 2222 -- render@blue.lab sh -s',
].join(' ');

/** Stands for `ssh` and the host behind it: it checks how it is called, and runs the script here. */
const SSH = `#!/bin/sh
echo "$*" >>"$HOME/calls"
[ "$*" = "${ARGV}" ] || { echo "called with $*" >&2; exit 255; }
[ ! -e "$HOME/away" ] || { echo 'Host key verification failed.' >&2; exit 255; }
exec sh -s
`;
/** Stands for `clipgrid` on that host: it notes what it got, and stays. */
const AGENT = `#!/bin/sh
echo "$*" >"$HOME/arguments"
env | grep '^CLIPGRID' | sort >"$HOME/environment"
exec sleep 600
`;

let home: string;
let ssh: Ssh;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'clipgrid-ssh-'));
  writeFileSync(join(home, 'ssh'), SSH, { mode: 0o755 });
  writeFileSync(join(home, 'clipgrid'), AGENT, { mode: 0o755 });
  ssh = open();
});
afterEach(async () => {
  await rm(join(home, 'away'), { force: true });
  await ssh.removeAll();
  await rm(home, { recursive: true, force: true });
});

function open(grid = GRID): Ssh {
  return new Ssh({
    host: parseSshHost('render@blue.lab:2222')!,
    grid: () => Promise.resolve(grid),
    coordinator: 'grid.lab:7070',
    ca: PEM,
    command: join(home, 'clipgrid'),
    environment: { PATH: `${home}:${process.env['PATH']}`, HOME: home },
  });
}

const problemOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) =>
      error instanceof ProviderError ? `${error.problem}: ${error.message}` : String(error),
  );
const folder = (): string => join(home, '.clipgrid/machines', GRID, '7');
const pid = (): number => Number(readFileSync(join(folder(), 'process'), 'utf8').split(' ')[0]);

describe('a host of our own, by ssh', () => {
  test('an agent is started there that outlives the connection; secrets go by standard input', async () => {
    expect(await ssh.create(ORDER)).toEqual(['7']);
    await until('the agent', async () => existsSync(join(home, 'environment')));
    expect(readFileSync(join(home, 'arguments'), 'utf8').trim()).toBe(
      `agent --coordinator grid.lab:7070 --name openencoder-worker-7 --data ${folder()}`,
    );
    expect(readFileSync(join(home, 'environment'), 'utf8').trim().split('\n')).toEqual([
      `CLIPGRID_CA=${folder()}/ca.pem`,
      'CLIPGRID_DRAIN_S=2',
      "CLIPGRID_JOIN_TOKEN=cgj_it's",
    ]);
    expect(readFileSync(join(folder(), 'ca.pem'), 'utf8')).toBe(PEM);
    expect(readFileSync(join(home, 'calls'), 'utf8')).not.toContain('cgj_');
    expect(await ssh.list()).toMatchObject([{ providerId: '7', machineId: 7, region: 'ssh-blue.lab' }]);
  });

  test('it has place for one machine of each grid, and knows those of another grid from ours', async () => {
    expect(await problemOf(ssh.create({ ...ORDER, ids: [7, 8], joinTokens: ['a', 'b'] }))).toMatch(
      /^capacity: /,
    );
    await ssh.create(ORDER);
    expect(await problemOf(ssh.create({ ...ORDER, ids: [8] }))).toMatch(/^capacity: blue.lab runs a machine/);
    const other = open('grid-2');
    expect(await other.list()).toEqual([]);
    await other.create(ORDER);
    await other.removeAll();
    expect((await ssh.list()).map(({ providerId }) => providerId)).toEqual(['7']);
  });

  test('it is ended with its folder; one that is gone is fine', async () => {
    await ssh.create(ORDER);
    const ended = pid();
    await ssh.remove('7');
    await ssh.remove('7');
    expect(await startTicksOf(ended)).toBeUndefined();
    expect(await ssh.list()).toEqual([]);
    expect(readdirSync(join(home, '.clipgrid/machines', GRID))).toEqual([]);
  });

  test('another program with its process id is left alone', async () => {
    await ssh.create(ORDER);
    const [id, ticks] = readFileSync(join(folder(), 'process'), 'utf8').trim().split(' ');
    writeFileSync(join(folder(), 'process'), `${id} ${Number(ticks) + 1}\n`);
    expect(await ssh.list()).toEqual([]);
    await ssh.remove('7');
    expect(await startTicksOf(Number(id))).toBe(Number(ticks));
    process.kill(Number(id), 'SIGKILL');
  });

  test('a host that cannot be reached, or is not known, says so; so does an agent that ends at once', async () => {
    writeFileSync(join(home, 'away'), '');
    expect(await problemOf(ssh.list())).toBe(
      'failed: blue.lab cannot be used by ssh: Host key verification failed.',
    );
    await rm(join(home, 'away'));
    writeFileSync(join(home, 'clipgrid'), '#!/bin/sh\necho no such option >&2\nexit 2\n', { mode: 0o755 });
    expect(await problemOf(ssh.create(ORDER))).toBe('failed: blue.lab cannot be used by ssh: no such option');
  });
});
