import { GridError } from '../../shared/errors.ts';
import { fileName } from '../../shared/file-names.ts';
import { TaskSpec } from '../../shared/gen/clipgrid/v1/task.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Tracer } from '../../shared/trace.ts';
import { filmSpec } from '../domain/job-shape.ts';
import type { CommandSpec, ScriptSpec } from '../domain/job.ts';
import type { Artifact } from '../domain/task.ts';
import { closeTask } from '../domain/package-plan.ts';
import { mediaType } from '../domain/media-type.ts';
import { encodeCommand, filterScript } from '../domain/planner.ts';
import { clipRequirements } from '../domain/requirements.ts';
import { explainJob, explainTask } from '../domain/waiting.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { AgentStore } from '../store/agent-store.ts';
import type { JobStore, RespecClip } from '../store/job-store.ts';
import type { StageRules } from '../store/lease-store.ts';
import { clipFile } from './clip-file.ts';
import type { EventsFace, JobsFace, JobView, SignedFile, UploadsFace } from './face.ts';
import type { IndexPlanner } from './index-planner.ts';
import { submitFilm } from './submit-film.ts';
import { submitJob } from './submit-job.ts';
import { submitPreview } from './submit-preview.ts';
import type { Wake } from './wake.ts';

export interface JobsDeps {
  readonly jobs: JobStore;
  readonly agents: AgentStore;
  readonly objects: ObjectStore;
  readonly planner: IndexPlanner;
  readonly events: EventsFace;
  readonly uploads: Pick<UploadsFace, 'source'>;
  readonly ids: IdSource;
  readonly wake: Wake;
  readonly tracer: Tracer;
  readonly logger: Logger;
  /** See `Platform`. */
  nextTurn(fn: () => void): void;
}

/** A clip's spec with another script, command or limit, and what that needs. */
const respec: RespecClip = (stored, change) => {
  const spec = TaskSpec.decode(TaskSpec.encode(stored).finish());
  if (spec.kind?.$case !== 'encode') throw new GridError('internal', 'only a clip can be changed');
  const task = spec.kind.value;
  if (change.script) task.script = filterScript(change.script);
  if (change.command) task.command = encodeCommand(change.command);
  if (change.timeoutS !== undefined) task.timeoutSeconds = change.timeoutS;
  const script: ScriptSpec = task.script ?? { text: '', sourceVariable: '', sourceName: '' };
  const command: CommandSpec = {
    text: '',
    programs: (task.command?.programs ?? []).map((program) => program.argv),
    outputName: task.command?.outputName ?? '',
  };
  return { spec, requires: clipRequirements({ script, command, filters: task.filters }) };
};

async function requireResult(job: JobView): Promise<NonNullable<JobView['result']>> {
  if (job.result) return job.result;
  const why =
    job.state === 'succeeded' ? 'no single result: it made files' : `no result yet: it is ${job.state}`;
  throw new GridError('failed_precondition', `job ${job.jobId} has ${why}`);
}

/** `film.mp4` to `film-encoded.mkv`: what a browser saves the result as. A file that a command named keeps its name. */
function resultName({ name, spec }: JobView): string {
  if (spec.shape === 'media') return spec.command.outputName;
  const stem = name.replace(/\.[^./\\]{1,8}$/, '') || 'result';
  const { container } = filmSpec(spec);
  return `${stem}-encoded.${container === 'matroska' ? 'mkv' : container}`;
}

const SIGNED_AT_ONCE = 100;

/** The files of a job in the order of their names. */
async function filesOf(jobs: JobStore, jobId: string): Promise<Artifact[]> {
  const files = await jobs.files(jobId);
  return files.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

async function signedFiles(
  { jobs, objects, nextTurn }: JobsDeps,
  jobId: string,
  expiresS: number,
): Promise<SignedFile[]> {
  const signed: SignedFile[] = [];
  const files = await filesOf(jobs, jobId);
  for (let from = 0; from < files.length; from += SIGNED_AT_ONCE) {
    const some = files.slice(from, from + SIGNED_AT_ONCE).map(async (artifact) => {
      const name = fileName(artifact) ?? artifact.name;
      const url = await objects.signGet(artifact, { expiresS, audience: 'public', fileName: name });
      return { name, artifact, url };
    });
    signed.push(...(await Promise.all(some)));
    // A signature waits for nothing: thousands of them in one turn would hold everybody up.
    await new Promise<void>((resolve) => nextTurn(resolve));
  }
  return signed;
}

/** Jobs and their tasks for everybody outside the grid. */
export function createJobs(deps: JobsDeps): JobsFace {
  const { jobs, agents, objects, events, ids, wake } = deps;
  const rules: StageRules = { merge: closeTask, newTaskId: () => ids.uuid() };
  const after = async (work: Promise<void>): Promise<void> => {
    await work;
    wake.ring();
  };
  return {
    submit: (input, tx) => submitJob(deps, input, tx),
    submitFilm: (input) => submitFilm(deps, input),
    submitPreview: (input) => submitPreview(deps, input),
    get: (jobId, ownerId, tx) => jobs.get(jobId, ownerId, tx),
    list: (query) => jobs.list(query),
    some: (jobIds) => jobs.some(jobIds),
    progress: (jobIds) => jobs.progress(jobIds),
    running: () => jobs.running(),
    tasks: (jobId) => jobs.tasks(jobId),
    briefTasks: (jobId) => jobs.briefTasks(jobId),
    files: (jobId) => filesOf(jobs, jobId),
    signedFiles: (jobId, expiresS) => signedFiles(deps, jobId, expiresS),
    thumbnail: (jobId, clipIndex) => jobs.thumbnail(jobId, clipIndex),
    read: (artifact) => objects.read(artifact),
    outcome: (jobId, kind) => jobs.outcome(jobId, kind),
    stamp: (jobId) => jobs.stamp(jobId),
    clips: (jobId) => jobs.clips(jobId),
    listTasks: (query) => jobs.listTasks(query),
    task: (taskId, ownerId) => jobs.task(taskId, ownerId),
    async cancel(jobId, ownerId, tx) {
      await jobs.cancel(jobId, ownerId, tx);
      // By the same connection: whoever holds one and waits for another may wait for everybody who does so, too.
      return jobs.get(jobId, ownerId, tx);
    },
    async retry(jobId, ownerId) {
      await after(jobs.retry(jobId, rules, ownerId));
      return jobs.get(jobId, ownerId);
    },
    remove: (jobId, ownerId, tx) => jobs.remove(jobId, ownerId, tx),
    redoClip: (clip, tx) => after(jobs.redoClip({ ...clip, respec, rules }, tx)),
    redoMerge: (jobId, tx) => after(jobs.redoMerge(jobId, rules, tx)),
    clipFile: (jobId, clipIndex, signal) => clipFile({ jobs, events, ids }, { jobId, clipIndex }, signal),
    async cancelTask(taskId) {
      await jobs.cancelTask(taskId);
      return jobs.task(taskId);
    },
    async retryTask(taskId) {
      await after(jobs.retryTask(taskId));
      return jobs.task(taskId);
    },
    async explainJob(jobId) {
      const [job, work, views] = await Promise.all([jobs.get(jobId), jobs.openWork(jobId), agents.list()]);
      return explainJob(job.spec, work, views);
    },
    explainTask: async (taskId) => explainTask(await jobs.task(taskId), await agents.list()),
    async readResult(jobId, range) {
      const result = await requireResult(await jobs.get(jobId));
      return objects.read(result, range ? { start: range.start, endInclusive: range.end } : undefined);
    },
    async resultUrl(jobId, expiresS, disposition = 'attachment') {
      const job = await jobs.get(jobId);
      const result = await requireResult(job);
      const fileName = resultName(job);
      const file = { expiresS, audience: 'public', fileName } as const;
      // Players ask what it is; whoever saves it does not.
      const shown = { inline: true, contentType: mediaType(fileName) };
      return objects.signGet(result, { ...file, ...(disposition === 'inline' ? shown : {}) });
    },
  };
}
