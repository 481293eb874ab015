import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { incomingKey, sourceKey } from '../../coordinator/domain/object-keys.ts';
import { collect, collectOrphans, type CollectorDeps } from '../../coordinator/grid/collector.ts';
import type { FolderStore } from '../../coordinator/objects/folder.ts';
import type { GrantedTask } from '../../coordinator/store/lease-store.ts';
import { postgresGarbageStore } from '../../coordinator/store/postgres/garbage-store.ts';
import { postgresUploadStore } from '../../coordinator/store/postgres/upload-store.ts';
import type { UploadStore } from '../../coordinator/store/upload-store.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';
import { keysIn, openFolderObjects } from '../support/folder-objects.ts';
import { createGridFixture, PASS_THROUGH, RULES, TTL_MS, type GridFixture } from '../support/grid-fixture.ts';

let fixture: GridFixture;
let objects: FolderStore;
let uploads: UploadStore;
let deps: CollectorDeps;
let session: string;
let closeObjects: () => Promise<void>;
const ids = systemIds(() => systemClock.wallMs());
const A_DAY_MS = 24 * 3600_000;

beforeAll(async () => {
  fixture = await createGridFixture();
  ({ objects, close: closeObjects } = await openFolderObjects());
  uploads = postgresUploadStore(fixture.db);
  const settings = {
    bucket: 'clipgrid',
    collectAfterMs: 0,
    collectFailedAfterMs: A_DAY_MS,
    uploadExpiryMs: A_DAY_MS,
    previewsKeptMs: A_DAY_MS,
  };
  deps = { garbage: postgresGarbageStore(fixture.db), objects, settings };
  session = await fixture.agent('a');
});
afterAll(async () => {
  await fixture.close();
  await closeObjects();
});
beforeEach(async () => {
  await fixture.pool.query('truncate jobs, uploads, garbage cascade');
  await objects.remove((await keysIn(objects)).map((key) => ({ bucket: 'clipgrid', key })));
});

async function put(key: string): Promise<void> {
  const options = { contentType: 'application/octet-stream', createOnly: false };
  await objects.write({ bucket: 'clipgrid', key }, Buffer.from('bytes'), options);
}

/** Publishes what a granted task brings, as a commit does first. Returns the key. */
async function publish(task: GrantedTask): Promise<string> {
  const { key } = fixture.output(task).artifacts[0]!;
  await put(key);
  return key;
}

async function next(): Promise<GrantedTask> {
  const [task] = await fixture.grant('a', session);
  if (task === undefined) throw new Error('nothing was granted');
  return task;
}

/** Runs a job to its end, with an object for each commit. Returns its id and the key of its result. */
async function finishedJob(): Promise<{ jobId: string; resultKey: string }> {
  const jobId = await fixture.submit();
  for (;;) {
    const task = await next();
    const resultKey = await publish(task);
    await fixture.complete(task);
    if (task.kind === 'merge') return { jobId, resultKey };
  }
}

test('of a job that succeeded only the result stays', async () => {
  const { resultKey } = await finishedJob();
  expect(await keysIn(objects)).toHaveLength(6);
  await collect(deps);
  expect(await keysIn(objects)).toEqual([resultKey]);
});

test('a clip to look at is cut once, also of a job that is collected, and goes in its turn', async () => {
  const { jobId, resultKey } = await finishedJob();
  const exported = () =>
    fixture.jobs.exportClip(jobId, 1, (spec) => {
      const value = spec.kind?.$case === 'encode' ? spec.kind.value : undefined;
      const clip = {
        $case: 'clip',
        value: { source: value?.source, range: value?.range, cut: value?.cut },
      } as const;
      const task = { kind: 'clip', clipIndex: 1, requires: [], framesTotal: 0, cost: 1 } as const;
      return { ...task, taskId: ids.uuid(), spec: { kind: clip } };
    });
  const cut = async (): Promise<string> => {
    const task = await next();
    const key = await publish(task);
    await fixture.complete(task);
    return key;
  };
  const before = await exported();
  const early = await cut();
  expect(await exported()).toMatchObject({ taskId: before.taskId, state: 'succeeded', epoch: 1 });
  await collect(deps);
  expect(await keysIn(objects)).toEqual([resultKey]);
  expect(early).not.toBe(resultKey);

  const again = await exported();
  expect(again).toMatchObject({ taskId: before.taskId, state: 'ready' });
  expect(await exported()).toMatchObject({ state: 'ready', epoch: again.epoch });
  const late = await cut();
  await collect(deps);
  await collectOrphans(deps);
  expect(await exported()).toMatchObject({ state: 'succeeded', epoch: again.epoch + 1 });
  expect((await keysIn(objects)).toSorted()).toEqual([late, resultKey].toSorted());
  await fixture.pool.query(`update tasks set finished_at = finished_at - interval '25 hours'`);
  await collect(deps);
  expect(await keysIn(objects)).toEqual([resultKey]);
  expect(await exported()).toMatchObject({ taskId: before.taskId, state: 'ready' });
});

test('a crash between the mark and the removal leaks nothing: the next collection goes on', async () => {
  const { resultKey } = await finishedJob();
  const remove = (): Promise<never> => Promise.reject(new Error('killed here'));
  const crashing = new Proxy(objects, {
    get: (target, name) => (name === 'remove' ? remove : (Reflect.get(target, name) as unknown)),
  });
  await expect(collect({ ...deps, objects: crashing })).rejects.toThrow('killed here');
  expect(await keysIn(objects)).toHaveLength(6);
  await collect(deps);
  expect(await keysIn(objects)).toEqual([resultKey]);
  expect(await deps.garbage.garbage(10)).toEqual([]);
});

test('a failed job keeps its segments for a retry, and not for ever', async () => {
  const jobId = await fixture.submit();
  const index = await next();
  await publish(index);
  await fixture.complete(index);
  const task = await next();
  const failure = { code: 'script_failed', stage: 'encode', message: 'x', log: '' } as const;
  await fixture.leases.fail({ fence: task.fence, agentId: 'a', failure, inputAtFault: true });
  expect((await fixture.jobs.get(jobId)).state).toBe('failed');
  await collect(deps);
  expect(await keysIn(objects)).toHaveLength(1);
  await fixture.pool.query(`update jobs set finished_at = finished_at - interval '25 hours'`);
  await collect(deps);
  expect(await keysIn(objects)).toEqual([]);
  await fixture.jobs.retry(jobId, RULES);
  expect((await fixture.jobs.get(jobId)).state).toBe('indexing');
});

test('the same bytes committed again after a collection are not taken for the garbage of the first time', async () => {
  const jobId = await fixture.submit();
  const first = await next();
  await publish(first);
  await fixture.complete(first);
  await fixture.jobs.cancel(jobId);
  await deps.garbage.collectJobs({ endedMs: 0, failedMs: 0, limit: 10 });
  await fixture.jobs.retry(jobId, RULES);
  const again = await next();
  expect(again.kind).toBe('index');
  const key = await publish(again);
  await fixture.complete(again);
  await collect(deps);
  expect(await keysIn(objects)).toEqual([key]);
});

test('a removed job leaves nothing', async () => {
  const { jobId } = await finishedJob();
  await fixture.jobs.remove(jobId);
  await collect(deps);
  expect(await keysIn(objects)).toEqual([]);
});

test('uploads of leases that cannot commit any more are orphans, those of leases that can are not', async () => {
  await fixture.submit();
  const task = await next();
  const upload = incomingKey({ ...task.fence, sha256: 'a'.repeat(64) });
  await put(upload);
  const published = await publish(task);
  expect(await collectOrphans(deps)).toBe(0);

  // L11: expired, and nobody else was granted the task.
  await fixture.ageLeases(TTL_MS * 2);
  await fixture.pool.query(`update sweeper set swept_at = now(), held_until = now() - interval '1 hour'`);
  expect(await fixture.leases.expire({ ttlMs: TTL_MS, outageMs: 60_000, limit: 10 })).toBe(1);
  expect(await collectOrphans(deps)).toBe(0);

  const second = await next();
  expect(await collectOrphans(deps)).toBe(2);
  expect(await keysIn(objects)).toEqual([]);
  const kept = await publish(second);
  await fixture.complete(second);
  await put(incomingKey({ ...second.fence, sha256: 'a'.repeat(64) }));
  await put(published);
  expect(await collectOrphans(deps)).toBe(2);
  expect(await keysIn(objects)).toEqual([kept]);
});

test('what a redo replaced is an orphan, what stays in the job is not', async () => {
  const { jobId, resultKey } = await finishedJob();
  const before = await keysIn(objects);
  expect(await collectOrphans(deps)).toBe(0);
  const respec = (): never => {
    throw new Error('nothing is changed');
  };
  await fixture.jobs.redoClip({ jobId, clipIndex: 0, respec, rules: RULES });
  expect(await collectOrphans(deps)).toBe(2);
  expect(await keysIn(objects)).toHaveLength(before.length - 2);
  expect(await keysIn(objects)).not.toContain(resultKey);
});

/** A clip with a published and committed part. Returns the part's key. */
async function withPart(): Promise<{ jobId: string; task: GrantedTask; key: string }> {
  const jobId = await fixture.submit();
  const index = await next();
  await publish(index);
  await fixture.complete(index);
  const task = await next();
  const part = fixture.part(task, [0, 7]);
  await put(part.artifact.key);
  expect(await fixture.leases.savePart(task.fence, part)).toBe(true);
  return { jobId, task, key: part.artifact.key };
}

test('a part of a clip is no orphan while its clip may need it, whoever has the task, and is one after a redo', async () => {
  const { jobId, task, key } = await withPart();
  await fixture.leases.release(task.fence, 'a');
  const again = await next();
  expect([again.fence.taskId, again.savedFrames]).toEqual([task.fence.taskId, 7]);
  expect(await collectOrphans(deps)).toBe(0);
  await put(fixture.part(again, [7, 9]).artifact.key);
  expect(await fixture.leases.savePart(again.fence, fixture.part(again, [7, 9]))).toBe(true);
  await publish(again);
  await fixture.complete(again);
  // The second part lies within the segment.
  expect(await collectOrphans(deps)).toBe(1);
  expect(await keysIn(objects)).toContain(key);
  const respec = (): never => {
    throw new Error('nothing is changed');
  };
  await fixture.jobs.redoClip({ jobId, clipIndex: task.clipIndex, respec, rules: RULES });
  await collectOrphans(deps);
  expect(await keysIn(objects)).not.toContain(key);
});

test.each(['cancelled', 'removed'])('parts of a job that is %s are collected', async (end) => {
  const { jobId, key } = await withPart();
  expect(await keysIn(objects)).toContain(key);
  if (end === 'removed') await fixture.jobs.remove(jobId);
  else await fixture.jobs.cancel(jobId);
  await collect(deps);
  expect(await keysIn(objects)).toEqual([]);
});

test('the orphan collection does not touch keys that are not of leases', async () => {
  for (const key of [sourceKey(ids.uuid()), 'artifacts/odd', 'incoming/x/1-y/z', 'anything']) await put(key);
  expect(await collectOrphans(deps)).toBe(0);
  expect(await keysIn(objects)).toHaveLength(4);
});

async function openUpload(): Promise<{ uploadId: string; key: string }> {
  const uploadId = ids.uuid();
  const key = sourceKey(uploadId);
  await uploads.create({ uploadId, ownerId: 'me', name: 'film.mkv', bucket: 'clipgrid', key });
  return { uploadId, key };
}

async function age(uploadId: string): Promise<void> {
  await fixture.pool.query(
    `update uploads set touched_at = touched_at - interval '25 hours' where upload_id = $1`,
    [uploadId],
  );
}

test('an upload that nobody goes on with is given up, with its parts; one that is touched, or complete, is not', async () => {
  const [idle, busy, complete] = [await openUpload(), await openUpload(), await openUpload()];
  const multipart = await objects.startMultipart({ bucket: 'clipgrid', key: idle.key }, 'video/mp4');
  await uploads.setMultipart(idle.uploadId, multipart.uploadId);
  await put(complete.key);
  await uploads.setComplete(complete.uploadId, 5);
  for (const one of [idle, busy, complete]) await age(one.uploadId);
  await uploads.touch(busy.uploadId);
  await collect(deps);
  await expect(uploads.get(idle.uploadId)).rejects.toMatchObject({ code: 'not_found' });
  await expect(objects.listParts(multipart)).rejects.toMatchObject({ code: 'not_found' });
  expect((await uploads.get(busy.uploadId)).state).toBe('open');
  expect(await keysIn(objects)).toEqual([complete.key]);
});

test('of several that start a multipart upload at once, one counts', async () => {
  const { uploadId } = await openUpload();
  const names = ['one', 'two', 'three'];
  const counted = await Promise.all(names.map((name) => uploads.setMultipart(uploadId, name)));
  expect(new Set(counted).size).toBe(1);
  expect((await uploads.get(uploadId)).multipartId).toBe(counted[0]);
});

test('an upload cannot be removed while a job reads it, and leaves nothing when it can', async () => {
  const { uploadId, key } = await openUpload();
  await put(key);
  await uploads.setComplete(uploadId, 5);
  const jobId = await fixture.submit({ ...PASS_THROUGH, source: { bucket: 'clipgrid', key, sizeBytes: 5 } });
  await expect(uploads.remove(uploadId)).rejects.toMatchObject({
    code: 'failed_precondition',
    details: { field: 'upload_id', value: uploadId },
  });
  await fixture.jobs.cancel(jobId);
  await uploads.remove(uploadId);
  await collect(deps);
  expect(await keysIn(objects)).toEqual([]);
});
