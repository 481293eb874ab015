import { z } from 'zod';

/** What is wrong with a text that `isText` refuses. */
export const WELL_FORMED = 'must be valid Unicode without NUL';

/** What PostgreSQL can keep and a tool can read. */
export function isText(text: string): boolean {
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

/** What the own API takes, by REST and by gRPC alike. */
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

export const previewRequest = z.strictObject({
  upload_id: z.uuid().describe('A complete upload.'),
  script: SCRIPT,
  at_seconds: z
    .number()
    .min(0)
    .max(1e6)
    .describe("Which frame: the one at this time from the film's start; past its end the last one."),
});

export type JobRequest = z.output<typeof jobRequest>;
export type PreviewRequest = z.output<typeof previewRequest>;
