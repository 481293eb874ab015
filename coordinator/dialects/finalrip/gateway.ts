import type { Context as Exchange, Middleware } from 'koa';
import { ERROR_CODES, GridError, toGridError } from '../../../shared/errors.ts';
import { filmSpec } from '../../domain/job-shape.ts';
import type { ObjectRef } from '../../objects/object-store.ts';
import { jobOf, type Context } from './context.ts';
import { clipKey } from './names.ts';
import type { TicketSigner, UploadTicket } from './ticket.ts';
import { checkUpload } from './upload.ts';
import { GATEWAY_PATH } from './urls.ts';

// A client that sends nothing for so long is gone; the whole upload may take as long as it likes.
const IDLE_MS = 60_000;
/** How long an agent has to cut a clip before the client is told to come again. */
const CUT_MS = 120_000;
const MAX_CUTS = 32;
/** After a refusal: how much of the body is still read, so that the client gets to see the answer. */
const MAX_DRAIN_BYTES = 16 * 1024 * 1024;
const TYPE = 'application/octet-stream';

/**
 * Serves the URLs that must be able to end before their time: uploads, which a clear or a start stops, and clips, which are
 * cut when they are first asked for. The ticket in the path is all that a client needs.
 */
export class DataGateway {
  readonly #context: Context;
  readonly #signer: TicketSigner;
  #cuts = 0;

  constructor(context: Context, signer: TicketSigner) {
    this.#context = context;
    this.#signer = signer;
  }

  readonly handle: Middleware = async (ctx) => {
    allowOrigins(ctx);
    if (ctx.method === 'OPTIONS') {
      ctx.status = 204;
      return;
    }
    try {
      await this.#answer(ctx);
    } catch (error) {
      this.#refuse(ctx, toGridError(error));
    }
  };

  async #answer(ctx: Exchange): Promise<void> {
    const [text = '', index = ''] = ctx.path.slice(GATEWAY_PATH.length).split('/');
    const ticket = this.#signer.verify(text, this.#context.parts.clock.wallMs());
    const reads = ctx.method === 'GET' || ctx.method === 'HEAD';
    if (ticket.kind === 'upload' && ctx.method === 'PUT') return this.#upload(ctx, ticket);
    if (ticket.kind === 'clip' && reads && /^\d{1,6}$/.test(index))
      return this.#clip(ctx, ticket.taskId, Number(index));
    throw new GridError('permission_denied', `this URL does not take ${ctx.method} ${ctx.path}`);
  }

  /** Streams into a place of its own; the bytes get the client's name in one step, if that is still allowed then. */
  async #upload(ctx: Exchange, ticket: UploadTicket): Promise<void> {
    const context = this.#context;
    const { objects, ids } = context.parts;
    await checkUpload(context, ticket);
    const bucket = await context.buckets.of(ticket.ownerId);
    const staged = { bucket: context.buckets.staging, key: `uploads/${ids.uuid()}` };
    ctx.req.setTimeout(IDLE_MS, () => ctx.req.destroy());
    try {
      const stat = await objects.write(staged, ctx.req, { contentType: TYPE, createOnly: false });
      await context.guard.run(ticket.ownerId, ticket.videoKey, async (tx) => {
        await checkUpload(context, ticket, tx);
        await objects.copy(staged, { bucket, key: ticket.videoKey });
      });
      if (stat.md5 !== undefined) ctx.set('ETag', `"${stat.md5}"`);
      ctx.status = 200;
      ctx.body = '';
    } finally {
      await objects.remove([staged]);
    }
  }

  async #clip(ctx: Exchange, taskId: string, index: number): Promise<void> {
    const { store, parts } = this.#context;
    const gone = new GridError('not_found', `there is no clip ${index} any more: its task was cleared`);
    const row = await store.byId(taskId);
    const job = row && (await jobOf(this.#context, row));
    if (row === undefined || job === undefined || index >= job.clipsTotal) throw gone;
    const whole = filmSpec(job.spec).clips.mode === 'whole';
    const ref = whole ? job.spec.source : await this.#cut(ctx, job.jobId, index);
    ctx.respond = false;
    const exchange = { request: ctx.req, response: ctx.res };
    await parts.serveObject(ref, clipKey(row.video_key, index), exchange).catch((error: unknown) => {
      ctx.respond = true;
      throw error;
    });
  }

  /** The clip as an agent cuts it, on first demand. */
  async #cut(ctx: Exchange, jobId: string, index: number): Promise<ObjectRef> {
    const busy = new GridError('unavailable', 'the clip is not cut yet: ask again in a moment');
    if (this.#cuts >= MAX_CUTS) throw busy;
    this.#cuts++;
    const { clock, grid } = this.#context.parts;
    const leave = new AbortController();
    const timer = clock.after(CUT_MS, () => leave.abort());
    ctx.res.once('close', () => leave.abort());
    try {
      return await grid.jobs.clipFile(jobId, index, leave.signal);
    } catch (error) {
      throw leave.signal.aborted ? busy : error;
    } finally {
      timer.cancel();
      this.#cuts--;
    }
  }

  #refuse(ctx: Exchange, error: GridError): void {
    const { http, level } = ERROR_CODES[error.code];
    this.#context.parts.logger[level]({ code: error.code, error: error.message }, 'data request refused');
    ctx.status = http;
    if (http === 503) ctx.set('Retry-After', '5');
    ctx.type = 'text/plain; charset=utf-8';
    ctx.body =
      error.code === 'internal' ? 'internal error; see the log of the coordinator\n' : `${error.message}\n`;
    if (!ctx.req.complete && !ctx.req.destroyed) {
      ctx.set('Connection', 'close');
      drain(ctx);
    }
  }
}

function allowOrigins(ctx: Exchange): void {
  ctx.set('Access-Control-Allow-Origin', '*');
  ctx.set('Access-Control-Allow-Methods', 'GET, HEAD, PUT');
  ctx.set('Access-Control-Allow-Headers', ctx.get('Access-Control-Request-Headers') || '*');
  ctx.set('Access-Control-Expose-Headers', 'ETag, Content-Length, Content-Range, Content-Disposition');
  ctx.set('Access-Control-Max-Age', '600');
}

function drain({ req }: Exchange): void {
  let bytes = 0;
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_DRAIN_BYTES) req.destroy();
  });
  req.on('error', () => undefined);
  req.resume();
}
