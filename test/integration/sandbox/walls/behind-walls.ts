import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeTree } from '../../../../agent/remove-tree.ts';
import { folderSize } from '../../../../agent/sandbox/folder-size.ts';
import { systemClock } from '../../../../shared/clock.ts';
import {
  allGone,
  KEY,
  processesNaming,
  sandboxedAgent,
  type SandboxedAgent,
} from '../../../support/sandboxed-encode.ts';

const MIB = 1024 ** 2;
const LIMITS = { memoryBytes: 2048 * MIB, processes: 64, workBytes: 48 * MIB, tmpBytes: 4 * MIB };

let agent: SandboxedAgent;
beforeAll(async () => {
  agent = await sandboxedAgent(LIMITS);
});
afterAll(() => removeTree(agent.dataDir, systemClock));

test('the machine offers walls, and nothing is missing of them', () => {
  // Where this fails the words say why: `node scripts/setup.mjs` installs bubblewrap.
  expect({ strength: agent.strength, lacks: agent.lacks }).toEqual({ strength: 'namespaces', lacks: [] });
});

/** Says what came of each line of Python. */
function attempts(lines: readonly string[]): string {
  return lines
    .flatMap((line) => [
      'try:',
      `    say('GOT', ${line})`,
      'except Exception as error:',
      `    say('DENIED', error)`,
    ])
    .join('\n');
}

function granted(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('GOT'));
}

/** vspipe reads a script twice: for what it gives, and to give it. */
const RUNS = 2;

describe('a script', { timeout: 60_000 }, () => {
  test('that is honest encodes every frame', async () => {
    const { frames, error } = await agent.encode({});
    expect(error).toBeUndefined();
    expect(frames).toBe(25);
  });

  test('reads neither accounts, nor the key of the agent, nor what other processes were told', async () => {
    const files = [
      '/etc/passwd',
      '/etc/shadow',
      '/etc/hostname',
      agent.keyPath,
      `/proc/${process.pid}/environ`,
    ];
    const listings = [`os.listdir('${agent.dataDir}/work')`, `os.listdir('/home')`, `os.listdir('/var')`];
    const reads = files.map((path) => `open('${path}').read()`);
    const { frames, lines } = await agent.encode({ script: attempts([...reads, ...listings]) });
    expect(frames).toBe(25);
    expect(granted(lines)).toEqual([]);
    expect(lines.filter((line) => line.startsWith('DENIED'))).toHaveLength(
      (files.length + listings.length) * RUNS,
    );
    expect(lines.join()).not.toContain(KEY);
  });

  test('writes nothing but its work directory and its own small /tmp', async () => {
    const places = [
      '/proof',
      '/usr/proof',
      '/etc/proof',
      '/dev/proof',
      '/sys/proof',
      `${agent.dataDir}/proof`,
    ];
    const writes = places.map((path) => `open('${path}', 'w').write('x')`);
    const fill = `open('/tmp/full', 'wb').write(bytes(${LIMITS.tmpBytes + MIB}))`;
    const fine = [`open('/tmp/fine', 'w').write('x')`, `open('fine', 'w').write('x')`];
    const { frames, lines } = await agent.encode({ script: attempts([...writes, ...fine, fill]) });
    expect(frames).toBe(25);
    expect(granted(lines)).toHaveLength(fine.length * RUNS);
    expect(lines.filter((line) => line.includes('No space left on device'))).toHaveLength(RUNS);
    expect(existsSync('/tmp/fine')).toBe(false);
  });

  test('has no capability and gets none back', async () => {
    const script = `say('HAS', [l for l in open('/proc/self/status') if l.startswith(('CapEff', 'CapPrm', 'NoNewPrivs'))])`;
    const { lines } = await agent.encode({ script });
    const said = lines.find((line) => line.startsWith('HAS')) ?? '';
    expect(said).toMatch(/CapPrm:\\t0{16}\b/);
    expect(said).toMatch(/CapEff:\\t0{16}\b/);
    expect(said).toMatch(/NoNewPrivs:\\t1\b/);
  });
});

describe('the network', { timeout: 60_000 }, () => {
  let server: Server;
  let port: number;
  let calls = 0;
  beforeAll(async () => {
    server = createServer(() => calls++);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    port = (server.address() as { port: number }).port;
  });
  afterAll(() => new Promise((done) => server.close(done)));

  test('a script opens no connection: not to this machine, not to others', async () => {
    const connects = [
      `socket.create_connection(('127.0.0.1', ${port}), 5)`,
      `socket.create_connection(('192.0.2.1', 80), 5)`,
      `socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))`,
    ];
    const { frames, lines } = await agent.encode({ script: attempts(connects) });
    expect(frames).toBe(25);
    expect(granted(lines)).toEqual([]);
    expect(lines.filter((line) => line.startsWith('DENIED'))).toHaveLength(connects.length * RUNS);
    expect(calls).toBe(0);
  });
});

describe('what a script uses up', { timeout: 90_000 }, () => {
  test('one that forks without end is held to its number of processes, and all of them go with the attempt', async () => {
    const script = `
count = 0
while True:
    try:
        if os.fork() == 0:
            time.sleep(600)
    except OSError:
        say('HELD AT', count)
        time.sleep(0.1)
    count += 1`;
    const { workDir, error, lines } = await agent.encode({ script, abortAt: 'HELD AT' });
    expect(error?.code).toBe('cancelled');
    const held = Number(/HELD AT (\d+)/.exec(lines.join('\n'))?.[1]);
    expect(held).toBeLessThanOrEqual(LIMITS.processes);
    await allGone(workDir);
    // Neither the agent nor the next attempt notices.
    expect((await agent.encode({})).frames).toBe(25);
  });

  test('one that takes memory without end gets no more than its limit', async () => {
    const script = `bytearray(${LIMITS.memoryBytes})`;
    const { error } = await agent.encode({ script });
    expect(error?.code).toBe('script_failed');
    expect(error?.message).toContain('MemoryError');
  });

  test('one endless file ends as disk_full at the limit, in words', async () => {
    const script = `
with open('endless', 'wb') as endless:
    while True:
        endless.write(bytes(1 << 20))`;
    const { workDir, error } = await agent.encode({ script });
    expect(error?.code).toBe('disk_full');
    expect(error?.message).toMatch(/filled its work directory to \d+ MiB, its limit of 48 MiB/);
    expect(statSync(join(workDir, 'endless')).size).toBeLessThanOrEqual(LIMITS.workBytes);
    await allGone(workDir);
  });

  test('many files end as disk_full, too, while the script goes on', async () => {
    const script = `
count = 0
while True:
    count += 1
    if count < 20:
        open(f'part-{count}', 'wb').write(bytes(4 << 20))
    time.sleep(0.01)`;
    const { workDir, error } = await agent.encode({ script });
    expect(error?.code).toBe('disk_full');
    expect((await folderSize(workDir)).bytes).toBeLessThanOrEqual(80 * MIB + 2 * LIMITS.workBytes);
    await allGone(workDir);
  });

  test('files and folders of any number, depth and rights are cleaned up', async () => {
    const script = `
os.mkdir('closed')
open('closed/in', 'w').write('x')
os.chmod('closed', 0)
for depth in range(300):
    os.mkdir('deep' * 20)
    os.chdir('deep' * 20)
sys.exit(1)`;
    const { workDir } = await agent.encode({ script });
    expect(existsSync(join(workDir, 'closed'))).toBe(true);
    await removeTree(workDir, systemClock);
    expect(existsSync(workDir)).toBe(false);
  });
});

describe('what would outlive its parent', { timeout: 60_000 }, () => {
  const DAEMON = `
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(64):
            try: os.close(fd)
            except OSError: pass
        while True:
            time.sleep(0.05)
            open('alive', 'a').write('x')
    os._exit(0)`;

  test('a daemon of a script is gone after the attempt', async () => {
    const { workDir, frames, error } = await agent.encode({ script: DAEMON });
    expect(error).toBeUndefined();
    expect(frames).toBe(25);
    await allGone(workDir);
  });

  test('it is seen while it lives, so that its end is no illusion', async () => {
    const script = `${DAEMON}\nwhile not os.path.exists('alive'): time.sleep(0.05)\nsay('ALIVE')\ntime.sleep(600)`;
    const { workDir } = await agent.encode({ script, abortAt: 'ALIVE' });
    expect(readFileSync(join(workDir, 'alive'), 'utf8')).toContain('x');
    await allGone(workDir);
    expect(processesNaming(workDir)).toEqual([]);
  });
});

describe('a hostile encoder', { timeout: 60_000 }, () => {
  test('sees neither accounts, nor the key, nor the network', async () => {
    const encoder = [
      'cat > /dev/null',
      `cat /etc/passwd '${agent.keyPath}' "$HOME"/../../key >&2 || echo "DENIED" >&2`,
      'exit 3',
    ].join('\n');
    const { error, lines } = await agent.encode({ encoder });
    expect(error?.code).toBe('encoder_failed');
    expect(lines).toContain('DENIED');
    expect(lines.join('\n')).not.toMatch(/root:|the key of the agent/);
  });

  test('gives no link for its output: the agent would read what it cannot', async () => {
    const film = join(agent.dataDir, 'plain-2.mkv');
    const { error } = await agent.encode({ encoder: `cat > /dev/null; ln -s '${film}' OUT.mkv` });
    expect(error?.code).toBe('encoder_failed');
    expect(error?.message).toContain('made something else than a file of OUT.mkv');
  });

  test('a script plants no link where the agent writes next', async () => {
    const target = join(agent.dataDir, 'precious');
    const script = `
if not os.path.lexists('exact.mkv'): os.symlink('${target}', 'exact.mkv')
clip = clip[:-1]`;
    const { lines } = await agent.encode({ script, frames: [30, 40] });
    expect(existsSync(target)).toBe(false);
    expect(lines.join('\n')).not.toContain('Error');
  });
});
