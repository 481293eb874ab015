import { GridError } from '../../../shared/errors.ts';
import { isThere, type AgentView } from '../../domain/agent.ts';
import type { CommandSpec, FilmSpec } from '../../domain/job.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { Context } from './context.ts';
import { planLadder, type RenditionPlan } from './keys.ts';
import { segmentPattern } from './paths.ts';
import { encoderArgv, filterChain, filterLine, OUTPUT_NAME, type Deblocking } from './picture.ts';
import { HLS_SEGMENT_S } from './playlists.ts';
import { sourceFacts, type SourceFacts, type SourceSound } from './probe.ts';
import { submitSubtitles } from './publish-subtitles.ts';
import { ANIME_OWNER } from './settings.ts';
import { soundJob, soundTracks, soundWords } from './sounds.ts';
import type { JobRow, NewRendition } from './store.ts';
import { subtitleFacts } from './subtitles.ts';
import { submitThumbnails } from './thumbnails.ts';

/** HLS segments of one clip, which is what one agent encodes at a time: 30 s. */
const SEGMENTS_PER_CLIP = 6;
const AUDIO_INPUT = 'CLIPGRID_AUDIO.mkv';
const AUDIO_OUTPUT = 'rendition-audio.mkv';

/** For the first track, which is all that renditions hold. Undefined: it is carried as it is (contract 3.2). */
export function audioCommand(sounds: readonly SourceSound[]): CommandSpec | undefined {
  const [first, ...more] = sounds;
  if (first === undefined || first.isPlainAac) return undefined;
  const tracks = [...soundWords(first, 0), ...more.flatMap((_, i) => [`-c:a:${i + 1}`, 'copy'])];
  const argv = ['ffmpeg', '-i', AUDIO_INPUT, '-map', '0:a', ...tracks, AUDIO_OUTPUT];
  return { text: argv.join(' '), programs: [argv], outputName: AUDIO_OUTPUT };
}

/** Once per rendition, never per clip: whether an agent that is there has the better filter. */
export function chooseDeblocking(agents: readonly Pick<AgentView, 'state' | 'capabilities'>[]): Deblocking {
  return agents.some((agent) => isThere(agent) && agent.capabilities.includes('filter:uspp'))
    ? 'uspp'
    : 'spp';
}

interface Made {
  /** Submits all renditions and writes them down. */
  submit(tx: Transaction): Promise<void>;
}

function filmOf(
  job: JobRow,
  plan: RenditionPlan,
  { facts, filters }: { facts: SourceFacts; filters: readonly string[] },
): FilmSpec {
  const { source, index_job_id: indexOf } = job;
  if (source === null || indexOf === null) throw new GridError('internal', 'the source is not known');
  const argv = encoderArgv();
  const audio = audioCommand(facts.sounds);
  return {
    source,
    indexOf,
    script: { text: '', sourceVariable: '', sourceName: '' },
    filters,
    command: { text: argv.join(' '), programs: [argv], outputName: OUTPUT_NAME },
    container: 'matroska',
    ...(audio ? { audio } : {}),
    clips: { mode: 'auto', borders: { everyS: HLS_SEGMENT_S, perClip: SEGMENTS_PER_CLIP } },
    package: { kind: 'hls', fileName: segmentPattern(plan.key) },
  };
}

/** The job of all tracks of sound but the first, where there are more. */
async function submitSounds(
  { parts, sounds: store }: Context,
  tx: Transaction,
  { job, sounds }: { job: JobRow; sounds: readonly SourceSound[] },
): Promise<void> {
  const tracks = soundTracks(sounds);
  if (tracks.length === 0 || job.source === null) return;
  const { task_id: taskId, dst_path: dstPath } = job;
  const spec = soundJob(job.source, sounds, HLS_SEGMENT_S);
  const about = { ownerId: ANIME_OWNER, dialect: 'anime', name: `${dstPath} sound`, priority: 0 };
  const { jobId } = await parts.grid.jobs.submit({ ...about, spec }, tx);
  await store.insert(tx, { taskId, dstPath, jobId, tracks });
}

/** Plans the renditions of an indexed source, each a job of its own. */
export async function makeLadder(context: Context, job: JobRow): Promise<Made> {
  const { parts, settings, store } = context;
  const { jobs } = parts.grid;
  const outcome = await jobs.outcome(job.index_job_id ?? '', 'index');
  if (outcome?.kind?.$case !== 'index') throw new GridError('unprocessable', 'the index tells nothing');
  const facts = sourceFacts(outcome.kind.value.probeJson);
  const subtitles = subtitleFacts(outcome.kind.value.probeJson);
  const plans = planLadder(job.ladder, facts.picture, job.upscale);
  const choice = { deblocking: chooseDeblocking(await parts.grid.agents.list()), qp: settings.qp };
  return {
    async submit(tx) {
      const renditions: NewRendition[] = [];
      for (const [position, plan] of plans.entries()) {
        const filters = filterChain(plan, facts.picture, choice);
        const { jobId } = await jobs.submit(
          {
            ownerId: ANIME_OWNER,
            dialect: 'anime',
            name: `${job.dst_path} ${plan.key.text}`,
            priority: 0,
            spec: filmOf(job, plan, { facts, filters }),
          },
          tx,
        );
        const { width, height } = plan;
        const log = [filterLine(plan, choice), ...subtitles.leftOut].join('\n');
        renditions.push({
          rendition: plan.key.text,
          position,
          width,
          height,
          job_id: jobId,
          state: null,
          log,
        });
      }
      await store.addRenditions(tx, job.task_id, renditions);
      await submitThumbnails(context, tx, { job, facts });
      await submitSounds(context, tx, { job, sounds: facts.sounds });
      await submitSubtitles(context, tx, { job, facts: subtitles });
      await store.setLadder(tx, job.task_id);
    },
  };
}
