import { z } from 'zod';
import { SAMPLES_KEPT_MINUTES } from '../domain/grid-totals.ts';
import { isTokenName, SCOPES, TOKEN_NAME_RULE } from '../domain/account.ts';
import { JOIN_TOKEN_DEFAULTS, JOIN_TOKEN_LIMITS } from '../domain/enrolment.ts';
import { JOB_SHAPES, JOB_STATES } from '../domain/job.ts';

const WELL_FORMED = 'must be valid Unicode without NUL';

/** What PostgreSQL can keep and a tool can read. */
function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

const NAME = z
  .string()
  .min(1)
  .max(500)
  .refine(isText, WELL_FORMED)
  .refine((text) => !/\p{Cc}/u.test(text), 'must not hold control characters');
const MAX_SCRIPT_CHARS = 256 * 1024;
const COMMAND = z
  .string()
  .min(1)
  .max(32 * 1024)
  .refine(isText, WELL_FORMED);

const SCRIPT = z
  .string()
  .max(MAX_SCRIPT_CHARS)
  .refine(isText, WELL_FORMED)
  .default('')
  .describe(
    'VapourSynth script; it reads the file named by the environment variable CLIPGRID_SOURCE. Empty: pass-through.',
  );

export const uploadRequest = z.strictObject({
  name: NAME.describe('What people call the film, usually its file name.'),
  size_bytes: z
    .int()
    .min(1)
    .max(2 ** 46)
    .optional()
    .describe('Announced size; another one is refused as truncated.'),
});

export const partsRequest = z.strictObject({
  parts: z.array(z.int().min(1).max(10_000)).min(1).max(1_000).describe('Part numbers to sign, from 1.'),
});

export const jobRequest = z.strictObject({
  upload_id: z.uuid().describe('A complete upload.'),
  name: NAME.optional().describe('Default: the name of the upload.'),
  script: SCRIPT,
  encode: COMMAND.describe(
    'Encoder command that reads y4m from standard input and writes CLIPGRID_OUTPUT.mkv (added when ffmpeg is last).',
  ),
  audio: COMMAND.optional().describe(
    'ffmpeg command that reads CLIPGRID_AUDIO.mkv and writes CLIPGRID_AUDIO_OUTPUT.mkv. Absent: audio is carried over unchanged.',
  ),
  container: z.enum(['matroska', 'mp4']).default('matroska'),
  clips: z
    .strictObject({
      mode: z.enum(['auto', 'whole']).default('auto'),
      target_seconds: z
        .number()
        .min(0.2)
        .max(3600)
        .optional()
        .describe('Wanted clip length in seconds of film.'),
    })
    .default({ mode: 'auto' }),
  priority: z.int().min(0).max(100).default(0).describe('Higher first; 10 is the priority class.'),
  timeout_seconds: z
    .int()
    .min(1)
    .max(7 * 24 * 3600)
    .optional()
    .describe('Limit of one encode attempt.'),
});

const LIMIT = z.coerce.number().int().min(1).max(1000).default(100);
const CURSOR = z.string().max(300).optional().describe('next_cursor of the page before.');

/** A page of a list. */
export const pageQuery = z.strictObject({ limit: LIMIT, cursor: CURSOR });

export const jobHistoryQuery = pageQuery.extend({
  task_id: z.uuid().optional().describe('Only what happened to that task.'),
});

export const gridHistoryQuery = z.strictObject({
  minutes: z.coerce.number().int().min(1).max(SAMPLES_KEPT_MINUTES).default(60),
});

export const resultQuery = z.strictObject({
  disposition: z
    .enum(['attachment', 'inline'])
    .default('attachment')
    .describe('inline: for a player within a page, instead of a file to save.'),
});

export const previewRequest = z.strictObject({
  upload_id: z.uuid().describe('A complete upload.'),
  script: SCRIPT,
  at_seconds: z
    .number()
    .min(0)
    .max(1e6)
    .describe("Which frame: the one at this time from the film's start; past its end the last one."),
});

export const jobQuery = z.strictObject({
  shape: z.enum(JOB_SHAPES).optional().describe('Only jobs of this shape; absent: all but previews.'),
  state: z
    .string()
    .optional()
    .transform((text) => text?.split(',').filter((part) => part !== ''))
    .pipe(z.array(z.enum(JOB_STATES)).optional())
    .describe('Comma-separated states.'),
  dialect: z.string().min(1).max(100).refine(isText, WELL_FORMED).optional(),
  name: z.string().min(1).max(500).refine(isText, WELL_FORMED).optional().describe('A part of the name.'),
  idempotency_key: z
    .string()
    .min(1)
    .max(200)
    .refine(isText, WELL_FORMED)
    .optional()
    .describe('Only the job that the caller submitted with this Idempotency-Key.'),
  limit: LIMIT,
  cursor: CURSOR,
});

export const watchQuery = z.strictObject({
  changes: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('After the first `progress`, `change` events with only the tasks that changed.'),
});

export const logQuery = z.strictObject({
  follow: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('true: server-sent events, `replace` first, then `append`, and `end` when the task has ended.'),
  attempt: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .optional()
    .describe('One of X-Clipgrid-Attempts; default: the last one that printed something.'),
});

export const drainRequest = z.strictObject({
  deadline_seconds: z
    .int()
    .min(0)
    .max(7 * 24 * 3600)
    .default(0),
  undo: z.boolean().default(false),
});

export const joinTokenRequest = z.strictObject({
  uses: z
    .int()
    .min(1)
    .max(JOIN_TOKEN_LIMITS.uses)
    .default(JOIN_TOKEN_DEFAULTS.uses)
    .describe('How many machines it lets in.'),
  expires_seconds: z.int().min(1).max(JOIN_TOKEN_LIMITS.expiresS).default(JOIN_TOKEN_DEFAULTS.expiresS),
});

const TOKEN_NAME = z.string().refine(isTokenName, `give ${TOKEN_NAME_RULE}`).describe(`${TOKEN_NAME_RULE}.`);

export const tokenRequest = z.strictObject({
  name: TOKEN_NAME,
  owner: TOKEN_NAME.optional().describe('Whose jobs and uploads it is for; default: the name.'),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .describe('read; submit, which is read, too; agent; admin, which is all of everybody.'),
});

export const sessionRequest = z.strictObject({
  token: z.string().min(1).max(1_000).describe('As in `Authorization: Bearer TOKEN`.'),
});

export type JobRequest = z.output<typeof jobRequest>;
