import type { AdminServiceServer, SubmitJobRequest } from '../../../shared/gen/clipgrid/v1/admin.ts';
import { parseRequest } from '../../domain/invalid.ts';
import { jobRequest, type JobRequest } from '../../domain/requests.ts';
import { unary } from '../unary.ts';
import { invalidField, type AdminDeps } from './deps.ts';
import { jobMessage } from './messages.ts';

const MAX_KEY_CHARS = 200;

/** The request as REST takes it, whose rules are the same; what proto3 has as empty or 0 was not said. */
function requestOf(request: SubmitJobRequest): JobRequest {
  const { name, audio, container, targetSeconds, timeoutSeconds } = request;
  return parseRequest(jobRequest, {
    upload_id: request.uploadId,
    script: request.script,
    encode: request.encode,
    priority: request.priority,
    clips: {
      mode: request.whole ? 'whole' : 'auto',
      ...(targetSeconds === 0 ? {} : { target_seconds: targetSeconds }),
    },
    ...(name === '' ? {} : { name }),
    ...(audio === '' ? {} : { audio }),
    ...(container === '' ? {} : { container }),
    ...(timeoutSeconds === 0 ? {} : { timeout_seconds: timeoutSeconds }),
  });
}

export function submitCalls(deps: AdminDeps): Pick<AdminServiceServer, 'submitJob'> {
  const { jobs } = deps.grid;
  return {
    submitJob: unary(deps, 'submit', async (request: SubmitJobRequest, { ownerId }) => {
      const { idempotencyKey } = request;
      if (idempotencyKey.length > MAX_KEY_CHARS)
        throw invalidField('idempotency_key', idempotencyKey, `at most ${MAX_KEY_CHARS} characters`);
      const key = idempotencyKey === '' ? {} : { idempotencyKey };
      const job = await jobs.submitFilm({ ownerId, request: requestOf(request), ...key });
      return { job: jobMessage(job), waiting: await jobs.explainJob(job.jobId) };
    }),
  };
}
