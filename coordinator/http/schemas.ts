import { z } from 'zod';
import { SAMPLES_KEPT_MINUTES } from '../domain/grid-totals.ts';
import { isTokenName, SCOPES, TOKEN_NAME_RULE } from '../domain/account.ts';
import { JOIN_TOKEN_DEFAULTS, JOIN_TOKEN_LIMITS } from '../domain/enrolment.ts';
import { JOB_SHAPES, JOB_STATES } from '../domain/job.ts';
import { isText, WELL_FORMED } from '../domain/requests.ts';

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
    .describe('A `head` without tasks, a `progress`, then `change` events with only the tasks that changed.'),
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
