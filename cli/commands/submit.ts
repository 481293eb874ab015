import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { GridError, toGridError } from '../../shared/errors.ts';
import { number, wholeNumber, words } from '../arguments.ts';
import { allOptions, createCommand } from '../command.ts';
import { clientOf, say, writeResult, type CliContext, type GlobalOptions } from '../context.ts';
import type { JobDocument, JobPage, JobSummary } from '../../client/documents.ts';
import type { RestClient } from '../../client/rest-client.ts';
import { createTransferView } from '../transfer-view.ts';
import { sizeOf, uploadFilm } from '../../client/upload-film.ts';
import { endLines, fetchResult, followJob, writeEvent, type Follow } from './follow.ts';

interface SubmitOptions {
  readonly script?: string;
  readonly encode: string;
  readonly audio?: string;
  readonly container: string;
  readonly name?: string;
  readonly priority: number;
  readonly clipSeconds?: number;
  readonly whole?: boolean;
  readonly timeout?: number;
  readonly idempotencyKey?: string;
  readonly watch?: boolean;
  readonly output?: string;
}

interface Submission {
  readonly file: string;
  readonly options: SubmitOptions & GlobalOptions;
}

type NewJob = JobSummary & { readonly waiting: string };

const WEEK_S = 7 * 24 * 3600;

async function scriptText(path: string | undefined): Promise<string> {
  if (path === undefined) return '';
  try {
    const bytes = await readFile(path === '-' ? '/dev/stdin' : path);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    const message = `--script ${path} cannot be read: ${toGridError(thrown).message}`;
    throw new GridError('not_found', message, { cause: thrown });
  }
}

/** The request of POST /api/v1/jobs. */
export function jobRequestOf(
  uploadId: string,
  script: string,
  options: SubmitOptions,
): Record<string, unknown> {
  return {
    upload_id: uploadId,
    script,
    encode: options.encode,
    container: options.container,
    priority: options.priority,
    ...(options.audio === undefined ? {} : { audio: options.audio }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.timeout === undefined ? {} : { timeout_seconds: options.timeout }),
    clips: {
      mode: options.whole ? 'whole' : 'auto',
      ...(options.clipSeconds === undefined ? {} : { target_seconds: options.clipSeconds }),
    },
  };
}

async function upload(
  context: CliContext,
  client: RestClient,
  parts: { file: string } & GlobalOptions,
): Promise<string> {
  const { clock, ids, leave: signal } = context;
  const { file, json } = parts;
  const view = json ? undefined : createTransferView(context.stderr, clock, `uploading ${basename(file)}`);
  try {
    return await uploadFilm({
      client,
      file,
      clock,
      ids,
      signal,
      onBytes: (done, total) => view?.show(done, total),
      onNote: (line) => view?.note(line),
    });
  } finally {
    view?.end();
  }
}

type ByKey = Submission & { readonly script: string; readonly key: string };

/**
 * The job that was submitted with this key before. Film by name and size, all else by the coordinator: another job is
 * `already_exists`.
 */
async function findByKey(client: RestClient, wanted: ByKey): Promise<NewJob | undefined> {
  const { file, script, key, options } = wanted;
  const { jobs } = await client.get<JobPage>(`/jobs?idempotency_key=${encodeURIComponent(key)}`);
  const [job] = jobs;
  if (job === undefined) return undefined;
  const name = options.name ?? basename(file);
  const same = job.name === name && job.source_bytes === (await sizeOf(file));
  if (same && job.upload_id !== null) {
    const request = jobRequestOf(job.upload_id, script, { ...options, name });
    return client.post<NewJob>('/jobs', request, { 'idempotency-key': key });
  }
  throw new GridError(
    'already_exists',
    `--idempotency-key ${key} was used for another job (${job.job_id}, ${job.name}): use a new key for a new job`,
  );
}

async function submitNew(
  context: CliContext,
  client: RestClient,
  { file, script, options }: Submission & { readonly script: string },
): Promise<NewJob> {
  const uploadId = await upload(context, client, { file, ...options });
  const key: Record<string, string> = options.idempotencyKey
    ? { 'idempotency-key': options.idempotencyKey }
    : {};
  return client.post<NewJob>('/jobs', jobRequestOf(uploadId, script, options), key);
}

async function submit(
  context: CliContext,
  path: string,
  options: SubmitOptions & GlobalOptions,
): Promise<void> {
  const client = clientOf(context, options);
  const { idempotencyKey: key } = options;
  const wanted = { file: resolve(path), script: await scriptText(options.script), options };
  const known = key === undefined ? undefined : await findByKey(client, { ...wanted, key });
  if (known !== undefined) say(context, options, `submitted before with this key, at ${known.created_at}`);
  const job = known ?? (await submitNew(context, client, wanted));
  if (!options.watch && options.output === undefined) {
    const waiting = job.waiting === '' ? [] : [`waiting: ${job.waiting}`];
    for (const line of [...waiting, `to see it: clipgrid watch ${job.job_id}`]) say(context, options, line);
    return writeResult(context, options, { document: job, lines: [job.job_id] });
  }
  say(context, options, `job ${job.job_id}`);
  await finish({ context, client, options }, job.job_id, options.output);
}

/** Watches to the end, and fetches the result where one is wanted. */
async function finish(follow: Follow, jobId: string, wanted: string | undefined): Promise<void> {
  const { context, options } = follow;
  const ended: JobDocument = await followJob(follow, jobId);
  if (ended.state === 'succeeded' && wanted !== undefined) {
    const output = resolve(wanted);
    await fetchResult(follow, ended, output);
    writeEvent(follow, 'downloaded', { job_id: jobId, path: output, ...ended.result });
    if (!options.json) context.stdout.write(`${output}\n`);
  }
  for (const line of endLines(ended)) say(context, options, line);
}

/** `clipgrid submit FILE` */
export function submitCommand(context: CliContext): Command {
  return createCommand({
    name: 'submit',
    summary: 'upload a film and submit a job',
    about: `Prints the job's id. Large films go up in parts; called again after a break, the parts that are there are not sent again.
The encoder reads the filtered frames from standard input; the grid adds the output where the last program is ffmpeg.
With --json and --watch: one document a line, the last one has "event":"end", or "downloaded" with --output.`,
    examples: [
      {
        line: 'clipgrid submit film.mkv --encode "ffmpeg -i - -c:v libx265 -crf 18"',
        does: 'no script: as it is',
      },
      {
        line: 'clipgrid submit film.mkv --script denoise.vpy --encode "x264 --demuxer y4m - --crf 16 -o CLIPGRID_OUTPUT.mkv" --watch',
        does: 'see it done',
      },
      {
        line: 'clipgrid submit film.mkv --encode "ffmpeg -i - -c:v libx264" --output out.mkv',
        does: 'wait for the result and fetch it',
      },
    ],
  })
    .argument('<file>', 'the film')
    .requiredOption('--encode <command>', 'the encoder; it reads y4m from standard input', words)
    .option(
      '--script <file>',
      'a VapourSynth script that reads the file named by CLIPGRID_SOURCE; - for standard input',
    )
    .option(
      '--audio <command>',
      'ffmpeg command for the audio, from CLIPGRID_AUDIO.mkv (default: carried over)',
      words,
    )
    .addOption(
      new Option('--container <kind>', 'of the result').choices(['matroska', 'mp4']).default('matroska'),
    )
    .option('--name <text>', "what people call the job (default: the film's name)", words)
    .option('--priority <n>', '0 to 100, higher first', wholeNumber(0, 100), 0)
    .option('--clip-seconds <seconds>', 'wanted length of a clip', number(0.2, 3600))
    .option('--whole', 'one clip only: the whole film by one agent')
    .option('--timeout <seconds>', 'limit for the encoding of one clip', wholeNumber(1, WEEK_S))
    .option('--idempotency-key <key>', 'the same key submits once, however often it is called', words)
    .option('--watch', 'show how it comes along, until it has ended')
    .option('-o, --output <file>', 'wait, and put the result there', words)
    .action(async (file: string, own: SubmitOptions, command: Command) =>
      submit(context, file, allOptions(command, own)),
    );
}
