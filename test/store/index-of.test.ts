import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GrantedTask } from '../../coordinator/store/lease-store.ts';
import { postgresGarbageStore } from '../../coordinator/store/postgres/garbage-store.ts';
import { createGridFixture, type GridFixture } from '../support/grid-fixture.ts';
import { INDEX_ONLY, MEDIA, PACKAGED_FILM } from '../support/store-moves.ts';

let fixture: GridFixture;
let session: string;
beforeAll(async () => {
  fixture = await createGridFixture();
  session = await fixture.agent('a');
});
afterAll(() => fixture.close());
beforeEach(() => fixture.pool.query('truncate jobs, garbage cascade'));

async function next(): Promise<GrantedTask> {
  const [task] = await fixture.grant('a', session);
  if (task === undefined) throw new Error('nothing was granted');
  return task;
}

/** Does all that is ready. Returns the kinds, in the order in which they were granted. */
async function workOff(): Promise<string[]> {
  const kinds: string[] = [];
  for (;;) {
    const [task] = await fixture.grant('a', session);
    if (task === undefined) return kinds;
    await fixture.complete(task);
    kinds.push(task.kind);
  }
}

async function indexed(): Promise<string> {
  const jobId = await fixture.submit(INDEX_ONLY);
  await workOff();
  return jobId;
}

const collect = () => postgresGarbageStore(fixture.db).collectJobs({ endedMs: 0, failedMs: 0, limit: 10 });
const packaged = { clips: PACKAGED_FILM.clips, package: PACKAGED_FILM.package! };

describe('a job of shape index', () => {
  test('ends with its index, which is never collected', async () => {
    const jobId = await indexed();
    expect(await fixture.jobs.get(jobId)).toMatchObject({ state: 'succeeded', clipsTotal: 0 });
    expect(await collect()).toBe(0);
    const { plan, collected } = await fixture.jobs.knownSource(jobId, 'owner');
    expect(plan).toMatchObject({ frameCount: 100, index: { name: 'index' } });
    expect(collected).toBe(false);
  });

  test('is nobody else’s to name', async () => {
    const jobId = await indexed();
    await expect(fixture.jobs.knownSource(jobId, 'another')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('cannot be removed under the jobs that name it, and can when they are gone', async () => {
    const index = await indexed();
    const film = await fixture.submitNamed(index);
    await expect(fixture.jobs.remove(index)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('1 other jobs use the index'),
    });
    await fixture.jobs.remove(film);
    await fixture.jobs.remove(index);
    expect((await fixture.jobs.list({ limit: 10 })).items).toEqual([]);
  });
});

describe('a job that names an index', () => {
  test('begins planned, and is packaged by the transaction of its last clip (L10)', async () => {
    const film = await fixture.submitNamed(await indexed(), packaged);
    expect(await fixture.jobs.get(film)).toMatchObject({
      state: 'encoding',
      clipsTotal: 2,
      framesTotal: 100,
    });
    const last = [await next(), await next()];
    for (const clip of last) await fixture.complete(clip);
    expect(await fixture.jobs.get(film)).toMatchObject({ state: 'merging', clipsDone: 2 });
    const task = await next();
    expect(task.spec.kind).toMatchObject({
      $case: 'package',
      value: { starts: [0, 50], fileName: 'out%04d.ts', parts: { frameCount: 100, segmentFrames: [50, 50] } },
    });
    await fixture.complete(task);
    const job = await fixture.jobs.get(film);
    expect(job.state).toBe('succeeded');
    expect(job.result).toBeUndefined();
    expect((await fixture.jobs.files(film)).map((file) => file.name).toSorted()).toEqual([
      'file/out0000.ts',
      'file/out0001.ts',
    ]);
    expect(await fixture.jobs.outcome(film, 'package')).toMatchObject({ kind: { $case: 'package' } });
  });

  test('starts over with all its parts and no index task, once its segments were collected', async () => {
    const index = await indexed();
    const film = await fixture.submitNamed(index, packaged);
    expect(await workOff()).toEqual(['encode', 'encode', 'package']);
    expect(await collect()).toBe(1);
    await fixture.jobs.redoMerge(film, fixture.rules);
    expect(await fixture.jobs.get(film)).toMatchObject({ state: 'encoding', clipsTotal: 2, clipsDone: 0 });
    expect(await workOff()).toEqual(['encode', 'encode', 'package']);
    expect(await fixture.jobs.get(film)).toMatchObject({ state: 'succeeded' });
  });

  test('goes on after a failure from what was committed', async () => {
    const film = await fixture.submitNamed(await indexed(), packaged);
    await fixture.complete(await next());
    await fixture.jobs.cancel(film);
    await fixture.jobs.retry(film, fixture.rules);
    expect(await workOff()).toEqual(['encode', 'package']);
  });

  test('keeps the index of a film from being collected', async () => {
    const first = await fixture.submit();
    expect(await workOff()).toContain('merge');
    await fixture.submitNamed(first);
    expect(await collect()).toBe(0);
  });

  test('is refused before that index is committed, and where there is none', async () => {
    const early = fixture.submitNamed(await fixture.submit(INDEX_ONLY));
    const details = { field: 'indexOf' };
    await expect(early).rejects.toMatchObject({ message: expect.stringContaining('not committed'), details });
    const media = await fixture.submit(MEDIA);
    await workOff();
    const none = fixture.submitNamed(media);
    await expect(none).rejects.toMatchObject({ message: expect.stringContaining('shape media'), details });
  });

  test('is refused when that index was collected meanwhile', async () => {
    const first = await fixture.submit();
    await workOff();
    const { plan } = await fixture.jobs.knownSource(first, 'owner');
    expect(await collect()).toBe(1);
    const about = { ownerId: 'owner', dialect: 'grid', name: 'x', priority: 0, specHash: 'y', tasks: [] };
    const spec = { ...PACKAGED_FILM, indexOf: first };
    const late = fixture.jobs.submit({ ...about, jobId: fixture.uuid(), spec, plan: plan! });
    await expect(late).rejects.toMatchObject({ code: 'failed_precondition', details: { field: 'indexOf' } });
  });
});
