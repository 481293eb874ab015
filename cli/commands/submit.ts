import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { GridError, toGridError } from '../../shared/errors.ts';
import { number, wholeNumber, words } from '../arguments.ts';
import { allOptions, createCommand } from '../command.ts';
import { clientOf, say, writeResult, type CliContext, type GlobalOptions } from '../context.ts';
import type { JobDocument, JobSummary } from '../documents.ts';
import type { RestClient } from '../rest-client.ts';
import { createTransferView } from '../transfer-view.ts';
import { uploadFilm } from '../upload-film.ts';
import { endLines, fetchResult, followJob } from './follow.ts';

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

async function submit(
  context: CliContext,
  file: string,
  options: SubmitOptions & GlobalOptions,
): Promise<void> {
  const client = clientOf(context, options);
  const script = await scriptText(options.script);
  const uploadId = await upload(context, client, { file: resolve(file), ...options });
  const key: Record<string, string> = options.idempotencyKey
    ? { 'idempotency-key': options.idempotencyKey }
    : {};
  const job = await client.post<JobSummary & { waiting: string }>(
    '/jobs',
    jobRequestOf(uploadId, script, options),
    key,
  );
  if (!options.watch && options.output === undefined) {
    const waiting = job.waiting === '' ? [] : [`waiting: ${job.waiting}`];
    for (const line of [...waiting, `to see it: clipgrid watch ${job.job_id}`]) say(context, options, line);
    return writeResult(context, options, { document: job, lines: [job.job_id] });
  }
  say(context, options, `job ${job.job_id}`);
  const follow = { context, client, options };
  const ended: JobDocument = await followJob(follow, job.job_id);
  if (ended.state === 'succeeded' && options.output !== undefined) {
    const output = resolve(options.output);
    await fetchResult(follow, ended, output);
    if (options.json) {
      const document = { event: 'downloaded', job_id: job.job_id, path: output, ...ended.result };
      context.stdout.write(`${JSON.stringify(document)}\n`);
    } else context.stdout.write(`${output}\n`);
  }
  if (!options.json)
    context.stderr.write(
      endLines(ended)
        .map((line) => `${line}\n`)
        .join(''),
    );
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
