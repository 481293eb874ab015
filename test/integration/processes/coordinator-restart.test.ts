import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainFilm } from '../../support/films.ts';
import { Processes } from '../../support/processes.ts';
import { slowScript } from '../../support/scripts.ts';

const SLOW = slowScript('CLIPGRID_SOURCE', 0.08);
const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast CLIPGRID_OUTPUT.mkv';
const TWO_CLIPS = { script: SLOW, encode: ENCODE, clips: { target_seconds: 3 } };
const AGAIN = 'not connected; trying again';

// A ttl far above any pause of a busy machine: these tests are about what is kept, not about how soon it is lost.
let grid: Processes;
let film: string;
beforeAll(async () => {
  grid = await Processes.start({ agents: 2, coordinatorEnv: { CLIPGRID_LEASE_TTL_S: '120' } });
  film = plainFilm(grid.folder, 6);
});
afterAll(() => grid.close());

/** Every task of the job was worked on once, by its first lease. */
async function onlyFirstAttempts(jobId: string): Promise<void> {
  const attempts = await grid.attempts(jobId);
  expect(attempts.map(({ kind, clip_index, epoch, outcome }) => [kind, clip_index, epoch, outcome])).toEqual([
    ['encode', 0, 1, 'succeeded'],
    ['encode', 1, 1, 'succeeded'],
    ['index', -1, 1, 'succeeded'],
    ['merge', -1, 1, 'succeeded'],
  ]);
}

describe('one coordinator, two agents', { timeout: 150_000 }, () => {
  test('L8: after kill -9 of the coordinator mid-clip and a while without any, the same attempts commit', async () => {
    const { program } = grid.coordinator;
    const watch = await grid.api.submit(film, TWO_CLIPS);
    await watch.midClip();
    const marks = grid.agents.map((agent) => agent.lines.length);

    await program.kill();
    // Down for a while: each agent has tried again and again, each at moments of its own (full jitter).
    const tries = await Promise.all(
      grid.agents.map(async (agent, i) => {
        const times: number[] = [];
        let from = marks[i]!;
        while (times.length < 4) {
          const line = await agent.seen((one) => one.msg === AGAIN, from);
          from = agent.lines.indexOf(line) + 1;
          times.push(Number(line['time']));
        }
        return times;
      }),
    );
    expect(tries[0]).not.toEqual(tries[1]);
    await program.start();
    await Promise.all(grid.agents.map((agent, i) => agent.seen('connected', marks[i])));

    const ended = await watch.ended();
    expect(ended.failure).toBeNull();
    expect(ended.state).toBe('succeeded');
    expect(watch.connections).toBeGreaterThan(1);
    await onlyFirstAttempts(watch.jobId);
  });

  test('SIGTERM ends the coordinator well, takes nothing from its agents, and the next one goes on', async () => {
    const { program } = grid.coordinator;
    const watch = await grid.api.submit(film, TWO_CLIPS);
    await watch.midClip();
    const marks = grid.agents.map((agent) => agent.lines.length);

    expect(await program.stop()).toEqual({ code: 0, signal: null });
    await Promise.all(grid.agents.map((agent, i) => agent.seen(AGAIN, marks[i])));
    const { rows } = await grid.sql.query<{ left: number }>(
      `select extract(epoch from lease_expires_at - now())::float as left from tasks where state = 'leased'`,
    );
    expect(rows).toHaveLength(2);
    // Not shortened to the grace of a broken stream.
    for (const row of rows) expect(row.left).toBeGreaterThan(10);
    await program.start();

    expect((await watch.ended()).state).toBe('succeeded');
    await onlyFirstAttempts(watch.jobId);
  });

  test('every job is kept over kill -9: ended, running and waiting ones', async () => {
    const { program } = grid.coordinator;
    const uploadId = await grid.api.upload(film);
    const submitted: { job_id: string }[] = [];
    for (let i = 0; i < 3; i++) {
      const clips = { mode: 'whole' };
      submitted.push(await grid.api.call('/jobs', { upload_id: uploadId, encode: ENCODE, clips }));
    }
    const before = await grid.api.call<{ jobs: { job_id: string }[] }>('/jobs');
    await program.kill();
    await program.start();
    const after = await grid.api.call<{ jobs: { job_id: string }[] }>('/jobs');
    expect(after.jobs.map((job) => job.job_id)).toEqual(before.jobs.map((job) => job.job_id));
    expect(after.jobs).toHaveLength(5);
    for (const { job_id: jobId } of submitted) {
      const ended = await grid.api.watch(jobId).ended();
      expect([ended.state, ended.result === null]).toEqual(['succeeded', false]);
    }
  });
});
