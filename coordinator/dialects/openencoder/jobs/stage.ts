import { GridError } from '../../../../shared/errors.ts';
import type { Context } from '../context.ts';
import { bucketAddress } from '../storage/bucket-address.ts';
import { Bucket, type StoredFile } from '../storage/bucket.ts';
import { submitStaged } from './grid-jobs.ts';
import type { JobRow } from './job-store.ts';
import { sourceKeys } from './places.ts';
import { Superseded, type Step } from './step.ts';
import type { WorkStore } from './work-store.ts';

const STORED = { contentType: 'application/octet-stream', createOnly: true } as const;

async function findSource(bucket: Bucket, source: string): Promise<StoredFile> {
  for (const key of sourceKeys(source)) {
    const found = key === '' ? undefined : await bucket.stat(key);
    if (found !== undefined) return found;
  }
  throw new GridError('source_missing', `there is no object ${source} in the bucket ${bucket.name}`);
}

/**
 * Brings a job's source from the inbound bucket into the grid's store, so that no agent ever sees the operator's keys, and
 * gives the job to the grid.
 */
export async function stage(
  context: Context,
  { work, bucket: gridBucket }: { work: WorkStore; bucket: string },
  { row, step }: { row: JobRow; step: Step },
): Promise<void> {
  const { parts, options, presets } = context;
  const address = bucketAddress(await options.all(), 'inbound');
  if (address === undefined)
    throw new GridError('failed_precondition', 'the object store is not configured in the settings');
  const inbound = new Bucket(address, parts.clock);
  const preset = await presets.byId(row.preset_id);
  if (preset === undefined) throw new GridError('internal', `the preset ${row.preset_id} is gone`);
  const found = await findSource(inbound, row.source);
  step.totalBytes = found.sizeBytes;
  const key = `sources/${parts.ids.uuid()}`;
  // Written down first: whatever becomes of this process, the copy is found.
  if (!(await work.setStaged(row, key))) throw new Superseded();
  const ref = { bucket: gridBucket, key };
  const stream = step.counted(await inbound.read(found.key));
  const { sizeBytes } = await parts.objects.write(ref, stream, STORED);
  if (sizeBytes !== found.sizeBytes)
    throw new GridError('unavailable', `the source has ${sizeBytes} bytes of ${found.sizeBytes}`);
  await parts.db.transaction().execute(async (tx) => {
    const { data, output } = preset;
    const input = { wanted: { data, output }, source: { ...ref, sizeBytes }, tx };
    const { jobId } = await submitStaged(context, row, input);
    const changes = { grid_job_id: jobId, preset_data: data, output_name: output };
    if (!(await work.finish(row, changes, tx))) throw new Superseded();
  });
}
