import { isEnded } from '../../coordinator/domain/job-machine.ts';
import type { JobSpec } from '../../coordinator/domain/job.ts';
import type { MemoryState } from '../../coordinator/store/memory/state.ts';
import { INDEX_ONLY, MEDIA, PACKAGED_FILM, PASS_THROUGH } from '../support/store-moves.ts';
import type { Fleet } from './fleet.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

export interface PeopleDeps {
  readonly world: World;
  readonly random: Random;
  readonly fleet: Fleet;
  readonly state: MemoryState;
  /** The first job is a command on the whole film, which is not cut. */
  readonly wholeFilm: boolean;
  /** Films that are cut are ladders: an index, and when that is there two jobs that stand on it. */
  readonly ladders: boolean;
}

/** As many clips, and a package in place of the merge. */
const IN_FILES = { ...PACKAGED_FILM, clips: { mode: 'auto', borders: { everyS: 1, perClip: 1 } } } as const;
const AGAIN_AFTER_MS = 2_500;
const RENDITIONS = 2;
const LOOK_MS = 200;

/** Who uses the grid: they ask any coordinator, and ask again where no answer comes. */
export class People {
  /** Jobs that somebody was told of. */
  readonly acknowledged: string[] = [];
  readonly #deps: PeopleDeps;
  #submitting = 0;

  constructor(deps: PeopleDeps) {
    this.#deps = deps;
  }

  get allTold(): boolean {
    return this.#submitting === 0;
  }

  get allEnded(): boolean {
    const { jobs } = this.#deps.state;
    return (
      this.#submitting === 0 &&
      this.acknowledged.every((id) => isEnded(jobs.get(id)?.tree.job.state ?? 'succeeded'))
    );
  }

  willSubmit(k: number, afterMs: number): void {
    this.#submitting++;
    this.#deps.world.at(afterMs, () => this.#submit({ key: `k${k}`, spec: this.#specOf(k) }));
  }

  #specOf(k: number): JobSpec {
    if (k === 0 && this.#deps.wholeFilm) return MEDIA;
    if (this.#deps.ladders) return INDEX_ONLY;
    return k % 2 === 0 ? PASS_THROUGH : IN_FILES;
  }

  /** Says it again, under the same key, until there is an answer. */
  #submit({ key, spec }: { key: string; spec: JobSpec }): void {
    const { world, fleet } = this.#deps;
    let answered = false;
    const input = {
      ownerId: 'o',
      dialect: 'grid',
      name: key,
      priority: 0,
      spec,
      idempotencyKey: key,
    };
    const done = (jobId: string): void => {
      answered = true;
      if (this.acknowledged.includes(jobId)) return;
      this.acknowledged.push(jobId);
      this.#submitting--;
      world.say(() => `job ${jobId.slice(0, 4)} was acknowledged`);
      if (spec.shape === 'index') this.#whenIndexed(jobId);
    };
    void fleet
      .ask((face) => face.jobs.submit(input))
      .then(
        (job) => done(job.jobId),
        () => undefined,
      );
    world.at(AGAIN_AFTER_MS, () => {
      if (!answered && this.#submitting > 0) this.#submit({ key, spec });
    });
  }

  #whenIndexed(indexOf: string): void {
    const { world, state } = this.#deps;
    if (state.jobs.get(indexOf)?.tree.job.state !== 'succeeded') {
      world.at(LOOK_MS, () => this.#whenIndexed(indexOf));
      return;
    }
    this.#submitting += RENDITIONS;
    for (let k = 0; k < RENDITIONS; k++)
      this.#submit({ key: `${indexOf} ${k}`, spec: { ...IN_FILES, indexOf } });
  }

  drain(): void {
    const { world, random, fleet } = this.#deps;
    const agentId = `a${random.whole(0, fleet.size)}`;
    const deadlineS = random.whole(0, 5);
    world.say(() => `${agentId} is drained`);
    void fleet
      .ask((face) => face.agents.drain(agentId, deadlineS))
      .then(
        () => world.did('an agent was drained'),
        () => undefined,
      );
    world.at(world.troubledFor(random.whole(3_000, 20_000)), () => this.#undrain(agentId));
  }

  #undrain(agentId: string): void {
    const { world, fleet, state } = this.#deps;
    void fleet.ask((face) => face.agents.undrain(agentId)).catch(() => undefined);
    // An order may reach the database after the one that takes it back.
    const again =
      world.nowMs < world.troubledUntilMs + 2_000 || state.agents.get(agentId)?.drain !== undefined;
    if (again) world.at(2_000, () => this.#undrain(agentId));
  }

  cancelAndRetry(): void {
    const { world, random, fleet } = this.#deps;
    const jobId = this.#anyJob();
    if (jobId === undefined) return;
    world.say(() => `job ${jobId.slice(0, 4)} is cancelled, or done again`);
    void fleet
      .ask((face) => face.jobs.cancel(jobId))
      .then(
        () => world.did('a job was cancelled'),
        () => undefined,
      );
    world.at(random.whole(100, 5_000), () => {
      void fleet
        .ask((face) => face.jobs.retry(jobId))
        .then(
          () => world.did('a job was retried'),
          () => undefined,
        );
    });
  }

  redo(): void {
    const { world, random, fleet } = this.#deps;
    const jobId = this.#anyJob();
    if (jobId === undefined) return;
    const clipIndex = random.whole(0, 3);
    world.say(() => `clip ${clipIndex} of job ${jobId.slice(0, 4)} is done again`);
    void fleet
      .ask((face) => face.jobs.redoClip({ jobId, clipIndex }))
      .then(
        () => world.did('a clip was redone'),
        () => undefined,
      );
  }

  #anyJob(): string | undefined {
    return this.acknowledged[this.#deps.random.whole(0, Math.max(1, this.acknowledged.length))];
  }
}
