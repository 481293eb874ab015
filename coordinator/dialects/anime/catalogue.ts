import { z } from 'zod';
import type { Context } from './context.ts';
import { endIfReady, logText } from './ending.ts';
import { parseKey } from './keys.ts';
import { playlistName } from './paths.ts';
import type { CatalogueSettings } from './settings.ts';
import type { ReadyState } from './states.ts';
import type { JobRow, RenditionRow } from './store.ts';

/** Contract 3.6. */
const ANSWER_MS = 10_000;
/** Before each of the four further tries. */
const BACKOFF_S = [2, 10, 30, 90] as const;
/** A try that nobody tells the end of is made again after that. */
const TRY_S = 120;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** One POST of JSON; what it throws says what went wrong in words that hold no secret. */
async function post(url: string, body: object, token?: string): Promise<unknown> {
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...authorization },
      body: JSON.stringify(body),
      // The password goes to the configured place only.
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    text = await boundedText(answer);
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    throw new Error(isLate ? `no answer within ${ANSWER_MS / 1000} s` : 'it cannot be reached', {
      cause: error,
    });
  }
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('its answer is no JSON');
  }
}

async function boundedText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const tokenAnswer = z.looseObject({ access: z.string().min(1) });

async function tell(
  { url, user, password }: CatalogueSettings,
  job: JobRow,
  rendition: RenditionRow,
): Promise<void> {
  const login = await post(`${url}/token/`, { username: user, password }).catch(naming('token'));
  const parsed = tokenAnswer.safeParse(login);
  if (!parsed.success) throw new Error('token: its answer has no access');
  const key = parseKey(rendition.rendition);
  const episode = {
    episode_count: job.episode_code,
    video_path: `${job.dst_path}/${playlistName(key)}`,
    ass_path: '',
    resolution: key.text,
    encoded: true,
  };
  const path = `${url}/anime/${encodeURIComponent(job.anime_id ?? '')}/episode`;
  await post(path, episode, parsed.data.access).catch(naming('episode'));
}

function naming(what: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`${what}: ${error instanceof Error ? error.message : 'failed'}`, { cause: error });
  };
}

/** Tells the catalogue of all renditions that are due, once each. */
export async function tellCatalogue(context: Context): Promise<void> {
  const due = await context.store.takeDue(TRY_S);
  await Promise.all(due.map((rendition) => tellOf(context, rendition)));
}

async function tellOf(context: Context, rendition: RenditionRow): Promise<void> {
  const { store, settings, parts } = context;
  const job = await store.find(rendition.task_id);
  if (job === undefined) return;
  try {
    // It was switched off meanwhile.
    if (settings.catalogue !== undefined) await tell(settings.catalogue, job, rendition);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'failed';
    parts.logger.warn(
      { task: job.task_id, rendition: rendition.rendition, why },
      'the catalogue was not told',
    );
    const wait = BACKOFF_S[rendition.catalogue_tries - 1];
    if (wait !== undefined) return store.postpone(rendition, wait);
    return finish(context, rendition, { state: 'FAILURE CREATE EPISODE', why });
  }
  await finish(context, rendition, { state: 'SUCCESS' });
}

async function finish(
  context: Context,
  { task_id: taskId, rendition, log }: RenditionRow,
  { state, why }: { state: ReadyState; why?: string },
): Promise<void> {
  const { store } = context;
  await store.transaction(async (tx) => {
    const job = await store.lock(taskId, tx);
    const now = (await store.renditions(taskId, tx)).find((row) => row.rendition === rendition);
    if (job === undefined || now === undefined || now.state !== null) return;
    const text = why === undefined ? log : logText(log, `the catalogue was not told of it: ${why}`);
    await store.setReady(tx, { taskId, rendition, state, log: text });
    await endIfReady(context, tx, job);
  });
}
