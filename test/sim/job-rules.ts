import { isEnded } from '../../coordinator/domain/job-machine.ts';
import { roleOf } from '../../coordinator/domain/task-kinds.ts';
import type { JobRecord, TaskRecord } from '../../coordinator/store/memory/records.ts';
import type { MemoryState } from '../../coordinator/store/memory/state.ts';
import { digest, type SimObjects } from './objects.ts';
import type { Judge } from './rules.ts';
import { isFilm } from './work.ts';

/** What holds of a whole job after each step, and at the end. */
export class JobRules {
  readonly #judge: Judge;
  readonly #state: MemoryState;
  readonly #objects: SimObjects;
  readonly #frames: number;

  constructor(judge: Judge, of: { state: MemoryState; objects: SimObjects; frames: number }) {
    this.#judge = judge;
    this.#state = of.state;
    this.#objects = of.objects;
    this.#frames = of.frames;
  }

  changed(record: JobRecord): void {
    if (record.input.spec.shape === 'media') return this.#media(record);
    if (record.input.spec.shape === 'index') return this.#index(record);
    const { tree, result } = record;
    const { check } = this.#judge;
    const { job, tasks } = tree;
    const merges: TaskRecord[] = [];
    const clips: TaskRecord[] = [];
    for (const task of tasks.values()) {
      if (roleOf(task.kind) === 'close') merges.push(task);
      if (task.kind === 'encode') clips.push(task);
    }
    check('L10', merges.length <= 1, () => `${merges.length} merges of one job`);
    if (!job.planned) return;
    clips.sort((a, b) => a.clipIndex - b.clipIndex);
    const open = clips.filter((task) => task.state !== 'succeeded').length;
    const counted = job.openTasks === open || job.state === 'failed' || job.state === 'cancelled';
    check('L10', counted, () => `${open} clips are open, ${job.openTasks} are counted`);
    check('L10', job.state !== 'encoding' || open > 0, () => 'all clips are done and nothing merges them');
    const merging = job.state === 'merging';
    const merged = merges[0]?.state === 'ready' || merges[0]?.state === 'leased';
    check('L10', !merging || merged, () => 'a merging job has no merge');
    this.#planned(clips);
    if (merging || job.state === 'succeeded') this.#committed(clips);
    const files = result ? [result] : (merges[0]?.output?.artifacts ?? []);
    const bytes = files.flatMap(({ key }) => this.#objects.bytes.get(key) ?? []);
    const whole = job.state !== 'succeeded' || isFilm(bytes, this.#frames);
    check('film', whole, () => `the result of ${job.jobId} is not the film`);
  }

  /** A command on the whole film: its only part, and what that left is the film. */
  #media({ tree: { job, tasks } }: JobRecord): void {
    const { check } = this.#judge;
    const [part, ...more] = [...tasks.values()].filter((task) => roleOf(task.kind) !== 'first');
    const alone = more.length === 0 && (part === undefined || part.kind === 'media');
    check('L10', alone, () => `${more.length + 1} tasks follow a probe`);
    check(
      'L10',
      job.planned === (part !== undefined),
      () => 'a plan without its task, or the other way round',
    );
    const done = part?.state === 'succeeded';
    const over = job.state === 'succeeded';
    check('L10', over === done, () => `the job is ${job.state}, its command ${part?.state}`);
    check('L10', job.openTasks === (part && !done ? 1 : 0), () => `${job.openTasks} open tasks are counted`);
    if (part && done) this.#committed([part]);
  }

  /** It ends with its index, which stays. */
  #index({ tree: { job, tasks } }: JobRecord): void {
    const over = job.state === 'succeeded';
    this.#judge.check('L10', tasks.size === 1, () => `${tasks.size - 1} tasks follow an index`);
    this.#judge.check('L10', over === job.planned, () => `the job is ${job.state}, its index is there`);
  }

  /** At the end: every job has ended well or with a reason, and what was committed is still there. */
  ended(acknowledged: readonly string[]): void {
    const { check } = this.#judge;
    for (const jobId of acknowledged) {
      const record = this.#state.jobs.get(jobId);
      check('no job lost', record !== undefined, () => `job ${jobId} was acknowledged and is gone`);
      if (record === undefined) continue;
      const { state } = record.tree.job;
      check('L15', isEnded(state), () => `job ${jobId.slice(0, 4)} is still ${state}`);
      const reason = state !== 'failed' || Boolean(record.failure?.message);
      check('L15', reason, () => `job ${jobId} failed without a reason`);
      for (const task of record.tree.tasks.values()) this.#stays(task);
    }
  }

  #stays({ state, output, taskId }: TaskRecord): void {
    if (state !== 'succeeded') return;
    for (const { key, sha256 } of output?.artifacts ?? []) {
      const bytes = this.#objects.bytes.get(key);
      const same = bytes !== undefined && digest('sha256', bytes) === sha256;
      this.#judge.check('L6', same, () => `what ${taskId} committed is not there any more`);
    }
  }

  #planned(clips: readonly TaskRecord[]): void {
    const { check } = this.#judge;
    let next = 0;
    for (const { spec } of clips) {
      const range = spec.kind?.$case === 'encode' ? spec.kind.value.range : undefined;
      check('every frame once', range?.startFrame === next, () => `frame ${next} is in no clip, or in two`);
      next = range?.endFrame ?? 0;
    }
    check(
      'every frame once',
      next === this.#frames,
      () => `the clips hold ${next} of ${this.#frames} frames`,
    );
  }

  #committed(clips: readonly TaskRecord[]): void {
    const segments = clips.flatMap(({ output }) =>
      (output?.artifacts ?? []).flatMap(({ key }) => this.#objects.bytes.get(key) ?? []),
    );
    const whole = isFilm(segments, this.#frames);
    this.#judge.check('every frame once', whole, () => 'the committed segments are not the film');
  }
}
