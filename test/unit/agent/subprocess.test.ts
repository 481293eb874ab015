import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { programCommands } from '../../../agent/runners/encode-task.ts';
import { runTool, startTool } from '../../../agent/subprocess.ts';
import { systemClock as clock } from '../../../shared/clock.ts';
import { runnerContext } from '../../support/runner-context.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'clipgrid-tool-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const environment = { PATH: '/usr/local/bin:/usr/bin:/bin' };
/** A program of the tests' own: what it runs is in its argv. */
const node = (code: string, ...args: string[]) => ({
  argv: [process.execPath, '-e', code, ...args],
  cwd,
  environment,
});

/** Resolves with the first line that a tool writes. */
function firstLine(tool: ReturnType<typeof startTool>): Promise<string> {
  return new Promise((done) =>
    tool.child.stdout!.once('data', (chunk: Buffer) => done(chunk.toString().trim())),
  );
}

function alive(pid: number): boolean {
  try {
    // A killed process that nobody has waited for yet is a zombie, which is dead enough.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Starts a grandchild that would stay for ever and ignores SIGTERM, prints its pid, and then does `after`. */
const withGrandchild = (after: string): string => `
  const { spawn } = require('node:child_process');
  const stay = "process.on('SIGTERM', () => {}); console.log(process.pid); setInterval(() => {}, 1000)";
  spawn(process.execPath, ['-e', stay], { stdio: ['ignore', 'inherit', 'inherit'] });
  ${after}`;

describe('a program (M7)', () => {
  it('gets its argv as it is: no shell looks at it', async () => {
    const words = ['$(touch x)', '`id`', '; ls', '*', "a'b", 'c"d', '> y', ''];
    const { stdout } = await runTool(node('console.log(JSON.stringify(process.argv.slice(1)))', ...words), {
      signal: new AbortController().signal,
      clock,
      stdout: 'collect',
    });
    expect(JSON.parse(stdout)).toEqual(words);
  });

  it('sees the environment that it is given, and nothing of the agent', async () => {
    const { stdout } = await runTool(node('console.log(JSON.stringify(process.env))'), {
      signal: new AbortController().signal,
      clock,
      stdout: 'collect',
    });
    expect(JSON.parse(stdout)).toEqual(environment);
  });

  it('runs in a process group of its own', async () => {
    const tool = startTool(node('console.log(1); setInterval(() => {}, 1000)'), {
      signal: new AbortController().signal,
      clock,
    });
    await firstLine(tool);
    const stat = readFileSync(`/proc/${tool.child.pid}/stat`, 'utf8');
    expect(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])).toBe(tool.child.pid);
    tool.child.kill('SIGKILL');
    await tool.done;
  });

  it('dies with its children when it is aborted, also when they ignore SIGTERM', async () => {
    const abort = new AbortController();
    const tool = startTool(node(withGrandchild('setInterval(() => {}, 1000)')), {
      signal: abort.signal,
      clock,
    });
    const grandchild = Number(await firstLine(tool));
    expect(alive(grandchild)).toBe(true);
    abort.abort();
    expect(await tool.done).toMatchObject({ code: null, signal: 'SIGTERM' });
    // It was killed before `done`; how soon it is gone is the kernel's.
    await vi.waitFor(() => expect(alive(grandchild)).toBe(false));
  });

  it('takes what it leaves behind with it when it ends by itself', async () => {
    const tool = startTool(node(withGrandchild("process.stdin.on('end', () => process.exit(0)).resume()")), {
      signal: new AbortController().signal,
      clock,
    });
    const grandchild = Number(await firstLine(tool));
    tool.child.stdin!.end();
    // Would never come while the grandchild holds the pipes.
    expect(await tool.done).toMatchObject({ code: 0 });
    // It was killed before `done`; how soon it is gone is the kernel's.
    await vi.waitFor(() => expect(alive(grandchild)).toBe(false));
  });

  it('that cannot be started is an exit with the reason', async () => {
    const tool = startTool(
      { argv: [join(cwd, 'nothing')], cwd, environment },
      { signal: new AbortController().signal, clock },
    );
    expect((await tool.done).spawnError?.message).toContain('ENOENT');
  });
});

describe("the user's programs (M7)", () => {
  it('run by their known path, in the attempt’s own directory, with a scrubbed environment', async () => {
    const context = runnerContext();
    const [command] = await programCommands(context, {
      programs: [{ argv: ['ffmpeg', '-i', '-', '$(id)'] }],
      outputName: 'OUT.mkv',
    });
    expect(command).toEqual({
      name: 'ffmpeg',
      argv: [context.tools.programs.get('ffmpeg'), '-i', '-', '$(id)'],
      cwd: context.workDir,
      environment: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        HOME: context.workDir,
        TMPDIR: context.workDir,
        LC_ALL: 'C.UTF-8',
      },
    });
    rmSync(context.workDir, { recursive: true });
  });

  it('are those that this agent has, whatever path is written before their name', async () => {
    const context = runnerContext();
    const run = async (word: string) =>
      programCommands(context, { programs: [{ argv: [word] }], outputName: 'OUT.mkv' });
    expect((await run('/static-ffmpeg/ffmpeg'))[0]!.argv).toEqual([context.tools.programs.get('ffmpeg')]);
    for (const word of ['sh', 'bash', '../../bin/sh', 'ffprobe', ''])
      await expect(run(word)).rejects.toThrow(/this agent has no program/);
    rmSync(context.workDir, { recursive: true });
  });
});
