import type Router from '@koa/router';
import type { RouterContext } from '@koa/router';
import { GridError } from '../../shared/errors.ts';
import { fileArtifact } from '../../shared/file-names.ts';
import { PREVIEW_FILES } from '../../shared/preview-files.ts';
import { ownerFilter } from '../domain/account.ts';
import type { PreviewSpec } from '../domain/job.ts';
import { PREVIEW_CANCELLED, PREVIEW_STATES } from '../domain/preview-plan.ts';
import { previewRequest } from '../domain/requests.ts';
import type { JobView } from '../grid/face.ts';
import { requireScope, type ApiDeps } from './context.ts';
import { param } from './param.ts';
import { readJson } from './read-body.ts';
import type { PreviewResponse } from './responses.ts';
import { sendPicture } from './send-picture.ts';
import { failureView } from './views.ts';

type PreviewJob = JobView & { readonly spec: PreviewSpec };

function isPreview(job: JobView): job is PreviewJob {
  return job.spec.shape === 'preview';
}

function noPreview(id: string): GridError {
  return new GridError('not_found', `there is no preview ${id}`, {
    details: { field: 'preview_id', value: id },
  });
}

/** One frame of a film before and after a script. A preview is a job of its own shape, with the same id. */
export function previewRoutes(router: Router, deps: ApiDeps): void {
  const { jobs } = deps.grid;

  const named = async (ctx: RouterContext): Promise<PreviewJob> => {
    const principal = await requireScope(deps, ctx, 'read');
    const id = param(ctx, 'id');
    const job = await jobs.get(id, ownerFilter(principal));
    if (!isPreview(job)) throw noPreview(id);
    return job;
  };

  router.post('/previews', async (ctx) => {
    const { ownerId } = await requireScope(deps, ctx, 'submit');
    const request = await readJson(ctx, previewRequest);
    const job = await jobs.submitPreview({ ownerId, request });
    if (!isPreview(job)) throw noPreview(job.jobId);
    ctx.status = 201;
    ctx.set('Location', `/api/v1/previews/${job.jobId}`);
    ctx.body = await previewView(deps, job);
  });

  router.get('/previews/:id', async (ctx) => {
    ctx.body = await previewView(deps, await named(ctx));
  });

  for (const picture of Object.values(PREVIEW_FILES)) {
    router.get(`/previews/:id/${picture}`, async (ctx) => {
      const { jobId } = await named(ctx);
      const files = await jobs.files(jobId);
      const artifact = files.find((file) => file.name === fileArtifact(picture));
      if (artifact === undefined)
        throw new GridError('not_found', `preview ${jobId} has no ${picture}: see its state`);
      await sendPicture(ctx, deps, { artifact, type: 'image/png' });
    });
  }
}

async function previewView({ grid }: ApiDeps, job: PreviewJob): Promise<PreviewResponse> {
  const { jobId, state } = job;
  const outcome = state === 'succeeded' ? await grid.jobs.outcome(jobId, 'preview') : undefined;
  const shown = outcome?.kind?.$case === 'preview' ? outcome.kind.value : undefined;
  const urlOf = (picture: string) => (shown ? `/api/v1/previews/${jobId}/${picture}` : null);
  return {
    preview_id: jobId,
    state: PREVIEW_STATES[state],
    at_seconds: job.spec.atS,
    shown_seconds: shown?.atSeconds ?? null,
    before_url: urlOf(PREVIEW_FILES.before),
    after_url: urlOf(PREVIEW_FILES.after),
    width: shown?.outputWidth ?? null,
    height: shown?.outputHeight ?? null,
    source_width: shown?.sourceWidth ?? null,
    source_height: shown?.sourceHeight ?? null,
    failure: failureView(state === 'cancelled' ? PREVIEW_CANCELLED : job.failure),
    waiting: await grid.jobs.explainJob(jobId),
    created_at: job.createdAt.toISOString(),
  };
}
