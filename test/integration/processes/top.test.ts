import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../support/command-line.ts';
import { plainFilm } from '../../support/films.ts';
import { Processes } from '../../support/processes.ts';
import { Pty } from '../../support/pty.ts';
import { slowScript } from '../../support/scripts.ts';

const ENTER = '\u001B[?1049h';
const LEAVE = '\u001B[?1049l';
const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast CLIPGRID_OUTPUT.mkv';

let grid: Processes;
let url: string;
let pty: Pty | undefined;
beforeAll(async () => {
  grid = await Processes.start({ agents: 1 });
  url = grid.api.url.replace('/api/v1', '');
});
afterEach(() => pty?.kill());
afterAll(() => grid.close());

/** Runs `clipgrid top` on a terminal, then says how it ended and how the terminal was left. */
function top(): Pty {
  const main = join(import.meta.dirname, '../../../cli/main.ts');
  pty = new Pty(`${process.execPath} ${main} top --url ${url}; echo "left with $?"; stty -a; echo done`);
  return pty;
}

async function usable(one: Pty): Promise<string> {
  await one.seen(/\ndone/);
  const after = one.text.slice(one.text.lastIndexOf(LEAVE));
  expect(one.text.split(ENTER)).toHaveLength(2);
  expect(one.text.split(LEAVE)).toHaveLength(2);
  // A terminal as a shell needs it: lines, an echo, and the cursor.
  expect(after).toMatch(/[^-]icanon/);
  expect(after).toMatch(/[^-]echo /);
  expect(one.text).toContain('\u001B[?25h');
  return after;
}

test(
  'on a real terminal it follows a real grid, cancels and drains by keys, and gives the terminal back',
  { timeout: 180_000 },
  async () => {
    const film = plainFilm(grid.folder, 6);
    const clips = { mode: 'whole' } as const;
    const job = { script: slowScript('CLIPGRID_SOURCE', 0.5), encode: ENCODE, clips };
    const watch = await grid.api.submit(film, job);
    await watch.midClip();
    const one = top();
    await one.seen(/1 jobs at work/);
    await one.seen(/plain-6\.mkv +encoding/);
    one.type('?');
    await one.seen(/drain the marked agent/);
    one.type('x');
    // What changes is seen without a key.
    const from = one.text.length;
    await grid.api.submit(film, job);
    await one.seen(/\[JOBS 2\]/, from);
    one.type('\u001B[Bkc');
    await one.seen(/cancel plain-6\.mkv \([0-9a-f-]{36}\)\? y: yes/);
    one.type('y');
    await one.seen(/plain-6\.mkv is cancelled/);
    expect((await watch.ended()).state).toBe('cancelled');
    one.type('\td');
    await one.seen(/agent-1 takes nothing new/);
    expect((await grid.api.agents())[0]).toMatchObject({ name: 'agent-1', state: 'draining' });
    await one.seen(/agent-1 +draining/);
    one.type('d');
    await one.seen(/agent-1 takes tasks again/);
    one.type('q');
    expect(await usable(one)).toContain('left with 0');

    const other = top();
    await other.seen(/1 agents online/);
    other.type('\u0003');
    expect(await usable(other)).toContain('left with 130');
  },
);

test(
  'without a terminal it is written once; without a grid, too, it leaves the terminal as it was',
  { timeout: 120_000 },
  async () => {
    const plain = await runCli(['top', '--url', url]);
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    expect(plain.stdout).toMatch(/^clipgrid top  /);
    expect(plain.stdout).toMatch(/\nAGENT .*\nagent-1 /);
    expect(plain.stdout).not.toContain('\u001B');
    const { stdout } = await runCli(['top', '--url', url, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      grid: { agents_online: 1 },
      agents: [{ name: 'agent-1', paused: null }],
    });
    url = 'http://127.0.0.1:1';
    expect(await runCli(['top', '--once', '--url', url])).toMatchObject({ code: 5 });
    const lost = top();
    await lost.seen(/no coordinator answers/);
    lost.type('q');
    expect(await usable(lost)).toContain('left with 0');
  },
);
