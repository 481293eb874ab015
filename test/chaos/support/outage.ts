import type { Row } from '../../bench/measurement.ts';
import { silentFilm } from '../../support/films.ts';
import type { JobWatch } from '../../support/job-watch.ts';
import type { Processes } from '../../support/processes.ts';
import { processesNaming } from '../../support/sandboxed-encode.ts';
import { atLeast, none, took } from './rows.ts';
import { lasting, secondsFrom } from './time.ts';
import { accountOf, order, paced, wrongFrames } from './work.ts';

/** What a user is told who asks for something that needs what is away. */
export interface Told {
  readonly status: number;
  readonly retryAfter: string | null;
  /** Of an accepted job. */
  readonly jobId?: string;
}

export async function ask(url: string, body: unknown): Promise<Told> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  const { status } = response;
  const retryAfter = response.headers.get('retry-after');
  if (status !== 201) return { status, retryAfter };
  const { job_id: jobId } = JSON.parse(text) as { job_id?: string };
  return { status, retryAfter, ...(jobId === undefined ? {} : { jobId }) };
}

/** A new job of one clip, as fast as it can be done. */
export function submission(uploadId: string): Record<string, unknown> {
  return { upload_id: uploadId, encode: paced(100), clips: { mode: 'whole' } };
}

export interface Outage {
  readonly name: string;
  readonly ms: number;
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
  /** What users ask for meanwhile, again and again. */
  ask(uploadId: string): Promise<Told>;
  /** Statuses that are right answers, too: 201 is held to what becomes of the job. */
  readonly alsoRight: readonly number[];
}

const ASK_EVERY_MS = 1_000;
/** The clip that ends inside of the outage. */
const SHORT_S = 9;
/** How much longer than the outage the other one takes. */
const LONGER_S = 12;
const FILM_S = 6;

interface Work {
  readonly film: string;
  readonly uploadId: string;
  /** One clip that is done inside of the outage, and one that is not. */
  readonly watches: readonly JobWatch[];
}

async function begin(grid: Processes, outage: Outage): Promise<Work> {
  const film = silentFilm(grid.folder, FILM_S);
  const uploadId = await grid.api.upload(film);
  const seconds = [SHORT_S, outage.ms / 1000 + LONGER_S];
  const watches: JobWatch[] = [];
  for (const one of seconds) watches.push(await order(grid, { uploadId, rate: FILM_S / one }));
  await Promise.all(watches.map((watch) => watch.midClip()));
  return { film, uploadId, watches };
}

/** Asks until it is stopped, before the end of the outage; some answers may come after that. */
function askAgain(uploadId: string, outage: Outage): { stop(): Promise<{ answers: Promise<Told[]> }> } {
  const answers: Promise<Told>[] = [];
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      answers.push(outage.ask(uploadId));
      await lasting(ASK_EVERY_MS);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await asking;
      return { answers: Promise.all(answers) };
    },
  };
}

/** Answers that no user should get: neither "later" nor one that is true. */
function wrongAnswers(told: readonly Told[], { alsoRight }: Outage): number {
  const right = ({ status, retryAfter }: Told): boolean =>
    (status === 503 && retryAfter !== null) || alsoRight.includes(status);
  return told.filter((one) => !right(one)).length;
}

/** Jobs that were accepted and did not end well. */
async function lostOf(grid: Processes, jobIds: readonly string[]): Promise<number> {
  const ends = await Promise.all(jobIds.map((jobId) => grid.api.watch(jobId).ended()));
  return ends.filter((job) => job.state !== 'succeeded').length;
}

/** Two agents encode, users ask, and something that everything needs goes away for a while. */
export async function outageRows(grid: Processes, outage: Outage): Promise<Row[]> {
  const work = await begin(grid, outage);
  await outage.begin();
  const fromMs = Date.now();
  const asking = askAgain(work.uploadId, outage);
  await lasting(outage.ms);
  const encoding = grid.agents.filter(
    (agent) => processesNaming(`${grid.folder}/${agent.name}/work/`).length > 0,
  );
  const { answers } = await asking.stop();
  await outage.end();
  const overMs = Date.now();
  const told = await answers;
  const ended = await Promise.all(work.watches.map((watch) => watch.ended()));
  const firstEndMs = Math.min(
    ...work.watches.flatMap((watch) => watch.events.slice(-1).map((event) => event.at)),
  );
  const accounts = await Promise.all(work.watches.map((watch) => accountOf(grid, watch.jobId)));
  const accepted = told.flatMap((one) => (one.jobId === undefined ? [] : [one.jobId]));
  const lost = ended.filter((job) => job.state !== 'succeeded').length + (await lostOf(grid, accepted));
  const wrong = await Promise.all(work.watches.map((watch) => wrongFrames(grid, watch.jobId, work.film)));
  const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
  const name = `${outage.name}, ${Math.round(secondsFrom(fromMs, overMs))} s:`;
  const refused = told.filter((one) => one.status === 503).length;
  const said = `${told.length} asked, ${refused} were told 503, ${accepted.length} were accepted`;
  const atEnd = { what: `${name} agents that encode at its end`, value: encoding.length };
  return [
    none(`${name} clips interrupted`, sum(accounts.map((one) => one.interrupted)), 'clips'),
    atLeast(1, { ...atEnd, unit: 'agents' }),
    none(`${name} accepted jobs lost`, lost, 'jobs'),
    none(`${name} answers that are neither 503 nor true`, wrongAnswers(told, outage), 'answers', said),
    none(`${name} wrong frames in the results`, sum(wrong), 'frames'),
    took(`${name} first job done after its end`, secondsFrom(overMs, firstEndMs)),
  ];
}
