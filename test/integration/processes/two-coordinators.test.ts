import { afterAll, beforeAll, expect, test } from 'vitest';
import { plainFilm } from '../../support/films.ts';
import { Processes } from '../../support/processes.ts';
import { startS3, type TestS3 } from '../../support/s3.ts';
import { slowScript } from '../../support/scripts.ts';

const SLOW = slowScript('CLIPGRID_SOURCE', 0.08);
const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast CLIPGRID_OUTPUT.mkv';

let s3: TestS3;
let grid: Processes;
beforeAll(async () => {
  s3 = await startS3();
  const coordinatorEnv = { CLIPGRID_LEASE_TTL_S: '120' };
  grid = await Processes.start({ agents: 0, s3, coordinatorEnv });
});
afterAll(async () => {
  await grid?.close();
  await s3?.stop();
});

test(
  'two coordinators on one database: one dies, its agent goes on at the other, both show the same events',
  { timeout: 200_000 },
  async () => {
    const first = grid.coordinator;
    const second = await grid.prepareCoordinator();
    // It knows both; only the first one is there yet.
    const moving = await grid.addAgent({ coordinator: `${first.rpc},${second.rpc}` });
    await second.program.start();
    const staying = await grid.addAgent({ coordinator: second.rpc });

    const film = plainFilm(grid.folder, 6);
    const clips = { target_seconds: 3 };
    const atFirst = await first.api.submit(film, { script: SLOW, encode: ENCODE, clips });
    const atSecond = second.api.watch(atFirst.jobId);
    // Each coordinator shows the progress of the other's agent.
    await Promise.all([
      atFirst.midClip((task) => task.agent === staying.name),
      atSecond.midClip((task) => task.agent === moving.name),
    ]);
    const mark = moving.lines.length;
    await first.program.kill();
    await moving.seen('connected', mark);

    expect((await atSecond.ended()).state).toBe('succeeded');
    const attempts = await grid.attempts(atFirst.jobId);
    expect(attempts.every((one) => one.epoch === 1 && one.outcome === 'succeeded')).toBe(true);
    const encoders = attempts.filter((one) => one.kind === 'encode').map((one) => one.agent);
    expect(new Set(encoders)).toEqual(new Set([moving.name, staying.name]));

    await first.program.start();
    expect((await atFirst.ended()).state).toBe('succeeded');
    expect(atFirst.connections).toBe(2);
    expect(atFirst.events.map((event) => event.type)).toContain('job.planned');
    const common = Math.min(atFirst.events.length, atSecond.events.length);
    expect(atFirst.events.slice(0, common)).toEqual(atSecond.events.slice(0, common));
  },
);
