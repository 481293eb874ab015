import { toGridError } from '../../../../shared/errors.ts';
import type { JobSpec, SourceRef } from '../../../domain/job.ts';
import type { JobView } from '../../../grid/face.ts';
import type { Transaction } from '../../../store/transaction.ts';
import { filmOf } from '../clips/film.ts';
import { splitCommand } from '../clips/split-command.ts';
import type { Context } from '../context.ts';
import { presetCommand } from '../presets/preset-data.ts';
import { commandOf } from './command.ts';
import type { JobRow } from './job-store.ts';
import { removeGridJob } from './lifecycle.ts';
import { OWNER } from './notices.ts';
import { nameOf } from './places.ts';
import { Superseded } from './step.ts';
import type { WorkStore } from './work-store.ts';

/** What is to be made of a source: a preset's data, and the name of the file. */
export interface Wanted {
  readonly data: string;
  readonly output: string;
}

function submit(
  { parts }: Context,
  row: Pick<JobRow, 'source'>,
  { spec, tx }: { spec: JobSpec; tx: Transaction },
): Promise<JobView> {
  const named = { ownerId: OWNER, dialect: 'openencoder', name: nameOf(row.source), priority: 0 };
  return parts.grid.jobs.submit({ ...named, spec }, tx);
}

function wholeSpec({ data, output }: Wanted, source: SourceRef): JobSpec {
  return { shape: 'media', source, command: commandOf(presetCommand(data), output) };
}

/**
 * Gives a staged source to the grid: a command that may be split begins with a look at the source, all others with
 * themselves.
 */
export function submitStaged(
  context: Context,
  row: JobRow,
  { wanted, source, tx }: { wanted: Wanted; source: SourceRef; tx: Transaction },
): Promise<JobView> {
  const isSplittable = splitCommand(presetCommand(wanted.data), wanted.output) !== undefined;
  const spec: JobSpec = isSplittable ? { shape: 'index', source } : wholeSpec(wanted, source);
  return submit(context, row, { spec, tx });
}

/** The text of what ffprobe printed; undefined: the source could not be looked at. */
async function probeJsonOf({ parts }: Context, look: JobView): Promise<string | undefined> {
  const outcome = look.state === 'succeeded' ? await parts.grid.jobs.outcome(look.jobId, 'index') : undefined;
  return outcome?.kind?.$case === 'index' ? outcome.kind.value.probeJson : undefined;
}

async function filmSpecOf(context: Context, look: JobView, wanted: Wanted): Promise<JobSpec | undefined> {
  const probeJson = await probeJsonOf(context, look);
  if (probeJson === undefined) return undefined;
  const agents = await context.parts.grid.agents.list();
  const slots = agents.reduce((sum, { state, slots: more }) => sum + (state === 'online' ? more : 0), 0);
  const whole = { command: presetCommand(wanted.data), output: wanted.output, probeJson };
  return filmOf(whole, { source: look.spec.source, indexOf: look.jobId, slots });
}

/**
 * What follows the look at a source: clips, or the command on the whole of it, which will say itself what is wrong with a
 * source that could not be looked at. One transaction with the row, which may have got another job meanwhile.
 */
export async function submitAfterLook(
  context: Context,
  work: WorkStore,
  { row, look }: { row: JobRow; look: JobView },
): Promise<void> {
  const { parts } = context;
  const wanted: Wanted = { data: row.preset_data ?? '', output: row.output_name ?? '' };
  const replace = (spec: JobSpec): Promise<void> =>
    parts.db.transaction().execute(async (tx) => {
      const { jobId } = await submit(context, row, { spec, tx });
      if (!(await work.replaceGridJob(row, jobId, tx))) throw new Superseded();
      if (spec.shape === 'media') await removeGridJob(parts, look.jobId, tx);
    });
  const film = await filmSpecOf(context, look, wanted);
  try {
    await replace(film ?? wholeSpec(wanted, look.spec.source));
  } catch (thrown) {
    if (thrown instanceof Superseded) return;
    const error = toGridError(thrown);
    if (film === undefined || error.retryable) throw error;
    // No clips can be made of it after all: its frames are not where its rate puts them, or they are too many.
    parts.logger.info({ job: row.job_id, error: error.message }, 'an Open Encoder job stays whole');
    await replace(wholeSpec(wanted, look.spec.source));
  }
}
