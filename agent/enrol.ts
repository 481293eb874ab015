import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { publicKeyBytes } from '../shared/agent-proof.ts';
import { backoffMs } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import { ERROR_CODE_KEY, GridError, isErrorCode } from '../shared/errors.ts';
import type { AgentServiceClient, EnrolResponse } from '../shared/gen/clipgrid/v1/session.ts';
import type { IdSource } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import { replaceFile } from '../shared/replace-file.ts';
import { openAgentKey } from './agent-key.ts';
import { connectionProblem } from './connection-problem.ts';
import type { Coordinators } from './coordinators.ts';
import { agentIdentity, type Identity } from './identity.ts';

export interface EnrolDeps {
  readonly coordinators: Coordinators;
  readonly dataDir: string;
  readonly name: string;
  readonly joinToken: string | undefined;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  /** Aborted: the agent is told to leave. */
  readonly stop: AbortSignal;
}

const AGAIN = { firstMs: 500, maxMs: 15_000 };
const ANSWER_WITHIN_MS = 15_000;
const PASSING: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.INTERNAL,
  status.CANCELLED,
]);

/**
 * Who this agent is. Once it was enrolled it has a key, and needs no join token any more; with a join token it is enrolled
 * now, and else it has the id that it once gave itself.
 */
export async function openIdentity(deps: EnrolDeps): Promise<Identity> {
  const { dataDir, joinToken, ids, logger } = deps;
  const file = join(dataDir, 'enrolled-as');
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known !== '') return { agentId: known, key: await openAgentKey(dataDir) };
  if (joinToken === undefined) return { agentId: await agentIdentity(dataDir, ids) };
  const key = await openAgentKey(dataDir);
  const request = { joinToken, publicKey: publicKeyBytes(key), name: deps.name };
  const agentId = await enrol(deps, request);
  // Whole or not at all: without it, the next start enrols again and is the same agent.
  await replaceFile(file, `${agentId}\n`);
  logger.info({ agent: agentId }, 'enrolled: from now on no join token is needed');
  return { agentId, key };
}

interface Request {
  readonly joinToken: string;
  readonly publicKey: Buffer;
  readonly name: string;
}

/** Asks until a coordinator answers; a refusal is final. */
async function enrol(deps: EnrolDeps, request: Request): Promise<string> {
  const { coordinators, clock, ids, logger, stop } = deps;
  for (let attempt = 0; ; attempt++) {
    if (stop.aborted) throw new GridError('cancelled', 'the agent was told to stop before it was enrolled');
    const answer = await ask(coordinators.current, request, clock.wallMs() + ANSWER_WITHIN_MS);
    if ('agentId' in answer) return answer.agentId;
    if (!PASSING.has(answer.code)) throw refused(answer);
    const reason = connectionProblem(answer.message, coordinators.tls);
    logger.warn({ reason, coordinator: coordinators.address }, 'not enrolled yet; trying again');
    coordinators.next();
    await clock.sleep(
      backoffMs(attempt, AGAIN, () => ids.random()),
      stop,
    );
  }
}

function ask(
  client: AgentServiceClient,
  request: Request,
  deadline: number,
): Promise<EnrolResponse | ServiceError> {
  return new Promise((resolve) => {
    client.enrol(request, new Metadata(), { deadline }, (error, response) => resolve(error ?? response));
  });
}

function refused({ details, metadata }: ServiceError): GridError {
  const code = String(metadata.get(ERROR_CODE_KEY)[0] ?? '');
  return new GridError(isErrorCode(code) ? code : 'failed_precondition', `not enrolled: ${details}`);
}
