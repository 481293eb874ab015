import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runPipeline } from '../../../agent/media/pipeline.ts';
import type { ToolCommand } from '../../../agent/subprocess.ts';
import { systemClock } from '../../../shared/clock.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clipgrid-blame-'));
  execFileSync('mkfifo', ['a', 'b'], { cwd: folder });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sh(script: string): ToolCommand {
  return { argv: ['/bin/sh', '-c', script], cwd: folder, environment: { PATH: '/usr/bin:/bin' } };
}

const HEADER = "echo 'YUV4MPEG2 W2 H2 F25:1 Ip A1:1 C420jpeg'";
const FRAME = "printf 'FRAME\\nabcdef'";
/** Writes until nobody reads any more, then fails; says its number in the pipe of that name. */
const writer = (fifo: string): string =>
  `trap '' PIPE; echo $$ > ${fifo}; while ${FRAME}; do :; done 2> /dev/null`;
/** Closes its input, fails when the program behind that pipe has ended. */
const quitter = (fifo: string): string =>
  `read pid < ${fifo}; exec 0<&-; tail -s 0.05 --pid=$pid -f /dev/null`;

async function failureOf(source: string, ...programs: readonly string[]): Promise<unknown> {
  return runPipeline({
    source: sh(`${HEADER}; ${source}`),
    programs: programs.map(sh),
    signal: new AbortController().signal,
    clock: systemClock,
    onFrame: () => undefined,
    onStderrLine: () => undefined,
  }).catch((error: unknown) => error);
}

test('an encoder that hung up and failed is blamed, though its source is seen to end before it', async () => {
  expect(await failureOf(`${writer('a')}; exit 1`, `${quitter('a')}; exit 3`)).toMatchObject({
    code: 'encoder_failed',
    message: expect.stringContaining('exit code 3') as string,
  });
});

test('so is the last of three, through the one between', async () => {
  const between = `cat > /dev/null & ${writer('b')}; exit 2`;
  expect(
    await failureOf(`for i in 1 2 3; do ${FRAME}; done`, between, `${quitter('b')}; exit 4`),
  ).toMatchObject({
    code: 'encoder_failed',
    message: expect.stringContaining('exit code 4') as string,
  });
});

test('a source that fails by itself is blamed, though the encoder fails for it', async () => {
  expect(await failureOf(`${FRAME}; exit 7`, 'cat > /dev/null; exit 3')).toMatchObject({
    code: 'script_failed',
    message: expect.stringContaining('exit code 7') as string,
  });
});
