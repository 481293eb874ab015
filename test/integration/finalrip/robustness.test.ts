import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EncodeResult } from '../../../shared/gen/clipgrid/v1/task.ts';
import { FakeAgent } from '../../support/fake-agent.ts';
import { plainFilm } from '../../support/films.ts';
import type { JobWatch } from '../../support/job-watch.ts';
import { Processes, type AttemptRow } from '../../support/processes.ts';
import { slowScript } from '../../support/scripts.ts';

/** Contract section 6, robustness: real processes, killed, stopped and continued. */

const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast FINALRIP_ENCODED_CLIP.mkv';
const SLOW = { script: slowScript('FINALRIP_SOURCE', 0.1), encode_param: ENCODE };
const AGENTS = 4;

let grid: Processes;
beforeAll(async () => {
  grid = await Processes.start({ agents: AGENTS });
});
afterAll(() => grid?.close());

/** Starts a FinalRip task on a film of `seconds` and watches its job. */
async function started(
  key: string,
  seconds: number,
  fields: Parameters<Processes['startFinalrip']>[2],
): Promise<JobWatch> {
  await grid.startFinalrip(key, plainFilm(grid.folder, seconds), fields);
  return grid.watchFinalrip(key);
}

async function encodesOf(jobId: string): Promise<AttemptRow[]> {
  return (await grid.attempts(jobId)).filter((one) => one.kind === 'encode');
}

/** The bytes behind a URL, as their hash. */
async function sha256(url: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return createHash('sha256')
    .update(Buffer.from(await response.arrayBuffer()))
    .digest('hex');
}

/** What a finished task shows of its bytes: each clip and the result. */
async function publicBytes(key: string): Promise<string[]> {
  const data = await grid.finalrip.completed(key);
  return Promise.all([...data.progress.map((item) => item.encode_url), data.encode_url].map(sha256));
}

describe('FinalRip, robustness', { timeout: 240_000 }, () => {
  test('28. kill -9 of an agent mid-clip: another one starts it in under 15 s; one segment is committed', async () => {
    const watch = await started('killed.mkv', 3, { ...SLOW, slice: false });
    const clip = await watch.midClip();
    const victim = grid.agent(clip.agent);
    const killedAt = Date.now();
    await victim.kill();
    const again = await watch.event('task.granted', (event) => event.kind === 'encode' && event.epoch === 2);
    expect(again.agent_id).not.toBe(clip.agent_id);
    expect(again.at - killedAt).toBeLessThan(15_000);

    await grid.finalrip.completed('killed.mkv');
    const attempts = await encodesOf(watch.jobId);
    expect(attempts.map((one) => [one.epoch, one.outcome])).toEqual([
      [1, 'expired'],
      [2, 'succeeded'],
    ]);
    expect(
      watch.events.filter((event) => event.type === 'task.succeeded' && event.kind === 'encode'),
    ).toHaveLength(1);
    await victim.start();
  });

  test('29. SIGSTOP of an agent past its lease, SIGCONT after another one finished: nothing of it counts', async () => {
    const watch = await started('stopped.mkv', 3, { ...SLOW, slice: false });
    const clip = await watch.midClip();
    const sleeper = grid.agent(clip.agent);
    sleeper.signal('SIGSTOP');
    await watch.event('task.expired', (event) => event.task_id === clip.task_id);
    const before = await publicBytes('stopped.mkv');
    const mark = sleeper.lines.length;
    sleeper.signal('SIGCONT');

    // It knows by its own clock that its lease is over (L5), and goes on as an agent like the others.
    const told = await sleeper.seen(
      (line) => line.msg === 'task not done' && line['task'] === clip.task_id,
      mark,
    );
    expect(told['code']).toBe('lost_lease');
    const other = await started('after.mkv', 2, { ...SLOW, slice: false });
    expect((await other.ended()).state).toBe('succeeded');
    expect((await encodesOf(watch.jobId)).map((one) => [one.epoch, one.outcome])).toEqual([
      [1, 'expired'],
      [2, 'succeeded'],
    ]);
    expect(await publicBytes('stopped.mkv')).toEqual(before);
    expect(sleeper.running).toBe(true);
  });

  test('29. a late commit that is sent all the same is refused, and the stored bytes do not change', async () => {
    // An agent of the test's own that is free to disobey. It has the most free slots, so the clip is given to it.
    const port = Number(grid.coordinator.rpc.split(':')[1]);
    const capabilities = ['program:x264', 'tool:vapoursynth'];
    const late = await FakeAgent.connect(port, { agentId: 'late', capabilities, slots: 2 });
    const x264 = 'x264 --demuxer y4m --preset ultrafast -o FINALRIP_ENCODED_CLIP.mkv -';
    const watch = await started('late.mkv', 2, { ...SLOW, encode_param: x264, slice: false });
    const { fence } = await late.next('grant');
    const bytes = Buffer.from('what comes too late');
    const artifact = {
      name: 'segment',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      md5: createHash('md5').update(bytes).digest('hex'),
      sizeBytes: bytes.length,
    };
    late.send({ $case: 'uploadRequest', value: { fence, artifacts: [artifact] } });
    const { targets } = await late.next('uploadGrant');
    // Silent from here on: the lease runs out, and a real agent encodes the clip, though this one has a free slot.
    await watch.event('task.expired', (event) => event.task_id === fence!.taskId);
    const before = await publicBytes('late.mkv');

    const put = await fetch(targets[0]!.url, { method: 'PUT', body: bytes, headers: targets[0]!.headers });
    expect(put.status).toBe(200);
    const value = EncodeResult.fromPartial({ inputFrames: 50, frameCount: 50 });
    const result = { kind: { $case: 'encode', value } } as const;
    late.send({ $case: 'complete', value: { fence, artifacts: [artifact], result, logTail: '' } });
    expect(await late.next('commitResult')).toMatchObject({
      committed: false,
      retryable: false,
      error: expect.stringMatching(/^stale_lease: /) as string,
    });
    late.close();
    expect(await publicBytes('late.mkv')).toEqual(before);
    expect((await encodesOf(watch.jobId)).map((one) => [one.epoch, one.outcome])).toEqual([
      [1, 'expired'],
      [2, 'succeeded'],
    ]);
  });

  test('30. kill -9 of the coordinator while clips are encoding: the job completes, no finished clip is encoded again', async () => {
    const { program } = grid.coordinator;
    // More clips than agents: some are finished, some in work and some not begun when it happens.
    const watch = await started('survives.mkv', 12, SLOW);
    await watch.event('task.succeeded', (event) => event.kind === 'encode');
    await watch.midClip();
    await program.kill();
    const before = await encodesOf(watch.jobId);
    expect(before.length).toBeGreaterThan(0);
    await program.start();

    const data = await grid.finalrip.completed('survives.mkv', 200_000);
    expect(data.progress.length).toBeGreaterThan(AGENTS);
    const after = await encodesOf(watch.jobId);
    for (const done of before) {
      expect(done.outcome).toBe('succeeded');
      expect(after.filter((one) => one.clip_index === done.clip_index)).toEqual([done]);
    }
    const committed = after.filter((one) => one.outcome === 'succeeded').map((one) => one.clip_index);
    expect(committed).toEqual(data.progress.map((item) => item.index));
  });

  test('31. M equal clips on K agents: makespan at most 1.15 x ceil(M/K) x clip time', async () => {
    // A clip takes its time by waiting, so that the cores of this machine are not what is measured.
    const watch = await started('equal.mkv', 16, SLOW);
    await grid.finalrip.completed('equal.mkv', 200_000);
    const clips = (await watch.ended()).tasks.filter((task) => task.kind === 'encode');
    expect(new Set(clips.map((clip) => clip.end_frame! - clip.start_frame!))).toEqual(new Set([50]));
    const encodes = await encodesOf(watch.jobId);
    expect(encodes.map((one) => one.outcome)).toEqual(clips.map(() => 'succeeded'));
    const times = encodes.map((one) => one.ended_at.getTime() - one.granted_at.getTime());
    const makespan =
      Math.max(...encodes.map((one) => one.ended_at.getTime())) -
      Math.min(...encodes.map((one) => one.granted_at.getTime()));
    const rounds = Math.ceil(clips.length / AGENTS);
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    const figure = (makespan / (rounds * mean)).toFixed(3);
    const seconds = (ms: number): string => (ms / 1000).toFixed(2);
    console.log(
      `31. M = ${clips.length} clips, K = ${AGENTS} agents: makespan ${seconds(makespan)} s = ${figure} x ${rounds} x mean clip time ${seconds(mean)} s (longest ${seconds(Math.max(...times))} s)`,
    );
    // Against the longest clip of this very run: a busy machine stretches both sides, an idle agent only the left one.
    expect(makespan).toBeLessThanOrEqual(1.15 * rounds * Math.max(...times));
  });
});
