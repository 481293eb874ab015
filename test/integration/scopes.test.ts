import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES } from '../../coordinator/dialects/finalrip/routes.ts';
import { MESSAGES } from '../../coordinator/dialects/finalrip/messages.ts';
import type { Scope } from '../../coordinator/domain/account.ts';
import { createAccounts } from '../../coordinator/grid/accounts.ts';
import { createEnrolment } from '../../coordinator/grid/enrolment.ts';
import { OPERATIONS } from '../../coordinator/http/operations.ts';
import { postgresEnrolmentStore } from '../../coordinator/store/postgres/enrolment-store.ts';
import { openPool } from '../../coordinator/store/postgres/pool.ts';
import { postgresTokenStore } from '../../coordinator/store/postgres/token-store.ts';
import { AdminServiceService } from '../../shared/gen/clipgrid/v1/admin.ts';
import { systemIds } from '../../shared/ids.ts';
import { ADMIN_TOKEN, startTestCoordinator, type TestCoordinator } from '../support/coordinator.ts';
import { DynamicAgent } from '../support/dynamic-agent.ts';
import { dynamicClient, endOf, failureOf } from '../support/grpc-client.ts';

/** What each operation asks for, written down a second time: by hand. */
const REST: Readonly<Record<Need, string>> = {
  open: 'health ready metrics openapi createSession deleteSession',
  read:
    'listUploads getUpload listJobs getJob watchJob downloadResult listFiles listAgents getAgent getSession ' +
    'listTasks getTask jobHistory getGrid gridHistory watchGrid getTaskLog clipThumbnail getPreview previewBefore previewAfter',
  submit:
    'createUpload listParts signParts completeUpload deleteUpload submitJob cancelJob retryJob deleteJob ' +
    'cancelTask retryTask createPreview',
  admin:
    'drainAgent revokeAgent createJoinToken listJoinTokens revokeJoinToken createToken listTokens revokeToken',
};
const RPC: Readonly<Record<Need, string>> = {
  open: '',
  read:
    'ListAgents GetAgent ListJobs GetJob ListTasks GetTask ExplainWaiting WatchEvents GetTaskLog WatchTaskLog ' +
    'ListUploads GetUpload GetResult ListFiles ListJobEvents GetGrid GetGridHistory GetPreview GetClipThumbnail',
  submit: 'CreateUpload SignUploadParts ListUploadParts CompleteUpload DeleteUpload SubmitJob CreatePreview',
  admin:
    'DrainAgent RevokeAgent CreateJoinToken ListJoinTokens RevokeJoinToken CreateToken ListTokens RevokeToken CancelJob RetryJob ' +
    'CancelTask RetryTask DeleteJob',
};
const FINALRIP: Readonly<Record<Need, string>> = {
  open: '',
  read: '/ progress list',
  submit: 'new start oss/presigned clear retry/encode retry/merge',
  admin: '',
};

type Need = 'open' | 'read' | 'submit' | 'admin';
type Outcome = 'in' | 'who are you' | 'not you';

/** Each kind of token, and what it opens. Agents' and join tokens open no operation for people. */
const KINDS: readonly (readonly [kind: string, opens: readonly Need[]])[] = [
  ['none', ['open']],
  ['wrong', ['open']],
  ['join', ['open']],
  ['agent', ['open']],
  ['read', ['open', 'read']],
  ['submit', ['open', 'read', 'submit']],
  ['admin', ['open', 'read', 'submit', 'admin']],
];
/** These are no tokens of users at all. */
const NOBODY = new Set(['none', 'wrong', 'join']);

let coordinator: TestCoordinator;
const secrets = new Map<string, string>([
  ['wrong', 'cg_wrong'],
  ['admin', ADMIN_TOKEN],
]);
let closePool: () => Promise<void>;
beforeAll(async () => {
  coordinator = await startTestCoordinator({ auth: 'token', finalripAuth: 'token' });
  const { db, pool } = openPool({
    connectionString: coordinator.databaseUrl,
    max: 1,
    onError: () => undefined,
  });
  closePool = () => pool.end();
  const ids = systemIds(() => Date.now());
  const accounts = createAccounts(postgresTokenStore(db), ids);
  for (const scope of ['read', 'submit', 'agent'] as const satisfies readonly Scope[]) {
    const { secret } = await accounts.createToken({ ownerId: scope, name: scope, scopes: [scope] });
    secrets.set(scope, secret);
  }
  const enrolment = createEnrolment(postgresEnrolmentStore(db), ids);
  const join = await enrolment.createJoinToken({ uses: 5, expiresS: 600, createdBy: 'test' });
  secrets.set('join', join.secret);
});
afterAll(async () => {
  await closePool();
  await coordinator.close();
});

function needsOf(table: Readonly<Record<Need, string>>): [name: string, need: Need][] {
  return Object.entries(table).flatMap(([need, names]) =>
    names
      .split(' ')
      .filter((name) => name !== '')
      .map((name): [string, Need] => [name, need as Need]),
  );
}

function expected(kind: string, opens: readonly Need[], need: Need): Outcome {
  if (opens.includes(need)) return 'in';
  return NOBODY.has(kind) ? 'who are you' : 'not you';
}

test('the tables name every operation', () => {
  expect(needsOf(REST).map(([id]) => id)).toEqual(expect.arrayContaining(OPERATIONS.map((one) => one.id)));
  const methods = Object.values(AdminServiceService).map((method) => method.path.split('/').at(-1));
  expect(needsOf(RPC).map(([name]) => name)).toEqual(expect.arrayContaining(methods));
  const routes = [...ROUTES.keys()].map((path) => path.replace('/api/v1/task/', ''));
  expect(needsOf(FINALRIP).map(([name]) => name)).toEqual(expect.arrayContaining(routes));
});

describe.each(KINDS)('a token of the kind %s', (kind, opens) => {
  const secret = (): string | undefined => secrets.get(kind);
  const header = (): Record<string, string> => (secret() ? { authorization: `Bearer ${secret()}` } : {});

  test.each(needsOf(REST))('REST %s', async (id, need) => {
    const { method, path } = OPERATIONS.find((one) => one.id === id)!;
    const url = `${coordinator.url}${path.replaceAll(/\{\w+\}/g, randomUUID())}`;
    const answer = await fetch(url, { method: method.toUpperCase(), headers: header(), redirect: 'manual' });
    await answer.body?.cancel();
    const outcome = answer.status === 401 ? 'who are you' : answer.status === 403 ? 'not you' : 'in';
    expect(outcome).toBe(expected(kind, opens, need));
  });

  test.each(needsOf(RPC))('gRPC %s', async (name, need) => {
    const token = secret();
    const client = dynamicClient(
      'clipgrid.v1.AdminService',
      coordinator.grpcPort,
      token === undefined ? {} : { token },
    );
    const refused = async (): Promise<string | undefined> => {
      if (name.startsWith('Watch'))
        return (
          await endOf(
            client
              .watch(name, name === 'WatchEvents' ? { job_id: randomUUID() } : { task_id: randomUUID() })
              .resume(),
          )
        ).status;
      if (
        [
          ...['ListAgents', 'ListJobs', 'ListJoinTokens', 'ListTokens', 'CreateJoinToken'],
          ...['ListUploads', 'GetGrid', 'GetGridHistory'],
        ].includes(name)
      )
        return client.call(name).then(
          () => 'OK',
          (error: unknown) => failureOf(Promise.reject(error as Error)).then(({ status }) => status),
        );
      return (await failureOf(client.call(name, {}))).status;
    };
    const status = await refused();
    client.close();
    const outcome =
      status === 'UNAUTHENTICATED' ? 'who are you' : status === 'PERMISSION_DENIED' ? 'not you' : 'in';
    expect(outcome).toBe(expected(kind, opens, need));
  });

  test.each(needsOf(FINALRIP))('FinalRip %s', async (name, need) => {
    const path = name === '/' ? '/' : `/api/v1/task/${name}`;
    const { method } = ROUTES.get(path)!;
    const answer = await fetch(`http://127.0.0.1:${coordinator.finalripPort}${path}`, {
      method,
      headers: { token: secret() ?? '' },
    });
    const { error } = (await answer.json()) as { error?: { message: string } };
    const message = error?.message ?? '';
    const outcome =
      message === MESSAGES.token ? 'who are you' : message.includes('lacks the scope') ? 'not you' : 'in';
    // An agent's token is no user's: FinalRip does not know it.
    expect(outcome).toBe(kind === 'agent' ? 'who are you' : expected(kind, opens, need));
  });

  test('gRPC: an agent session', async () => {
    const token = secret();
    const agent = new DynamicAgent(coordinator.grpcPort, token === undefined ? {} : { token });
    agent.send({ hello: agent.hello() });
    if (kind === 'agent' || kind === 'admin') await agent.next('welcome');
    else expect((await agent.ended).status).toBe(NOBODY.has(kind) ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED');
    agent.close();
  });

  test('gRPC: to enrol', async () => {
    const client = dynamicClient('clipgrid.v1.AgentService', coordinator.grpcPort);
    const request = { join_token: secret() ?? '', public_key: Buffer.alloc(32, 7), name: 'm' };
    if (kind === 'join') expect(await client.call('Enrol', request)).toHaveProperty('agent_id');
    else expect(await failureOf(client.call('Enrol', request))).toMatchObject({ status: 'UNAUTHENTICATED' });
    client.close();
  });
});
