import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { WebhooksFace } from '../../coordinator/grid/outbound-face.ts';
import { createSecrets } from '../../coordinator/grid/secrets.ts';
import { WebhookSender } from '../../coordinator/grid/webhook-sender.ts';
import { createWebhooks } from '../../coordinator/grid/webhooks.ts';
import { GuardedHttp } from '../../coordinator/outbound/guarded-http.ts';
import { postgresWebhookStore } from '../../coordinator/store/postgres/webhook-store.ts';
import type { WebhookStore } from '../../coordinator/store/webhook-store.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import { createGridFixture, type GridFixture } from '../support/grid-fixture.ts';
import { ManualClock } from '../support/manual-clock.ts';

interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Respond = (response: ServerResponse, received: Received) => void;

const ids = systemIds(() => systemClock.wallMs());
const secrets = createSecrets(['a key for secrets that is only for tests']);
const web = createServer(async (request, response) => {
  const one = { path: request.url ?? '', headers: request.headers, body: await text(request) };
  received.push(one);
  arrived.shift()?.();
  respond(response, one);
});

let grid: GridFixture;
let store: WebhookStore;
let webhooks: WebhooksFace;
let url: string;
let respond: Respond;
let received: Received[];
let arrived: (() => void)[];
let log: string[];
let clock: ManualClock;
let senders: WebhookSender[];

const answer =
  (status: number, body = ''): Respond =>
  (response) =>
    void response.writeHead(status).end(body);

beforeAll(async () => {
  grid = await createGridFixture();
  store = postgresWebhookStore(grid.db);
  await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/hook/path-secret?q=query-secret`;
});
afterAll(async () => {
  web.closeAllConnections();
  await new Promise((done) => web.close(done));
  await grid.close();
});
beforeEach(() => {
  [received, arrived, senders] = [[], [], []];
  respond = answer(204);
  log = [];
  clock = new ManualClock();
  webhooks = createWebhooks({ webhooks: store, outbound: client(), ids }, secrets);
});
afterEach(async () => {
  await Promise.all(senders.map((sender) => sender.stop()));
  await grid.pool.query('truncate webhook_deliveries');
});

const client = (networks = ['127.0.0.1']) => new GuardedHttp({ clock, networks, plainHttp: false });

/** A coordinator's sender; `over` is what is different about it. */
async function startSender(over: Partial<ConstructorParameters<typeof WebhookSender>[0]> = {}) {
  const line = (fields: object, message: string) => void log.push(`${JSON.stringify(fields)} ${message}`);
  const logger: Logger = { debug: line, info: line, warn: line, error: line, child: () => logger };
  const sender = new WebhookSender({
    webhooks: store,
    outbound: client(),
    secrets,
    clock,
    ids,
    logger,
    ...over,
  });
  senders.push(sender);
  await sender.start();
  return sender;
}

const next = (): Promise<void> => new Promise((resolve) => arrived.push(resolve));
const ended = async (deliveryId: string) => {
  await expect.poll(async () => (await webhooks.get(deliveryId)).state, { interval: 10 }).not.toBe('pending');
  return webhooks.get(deliveryId);
};
const failedOnce = async (deliveryId: string, attempts = 1) => {
  await expect.poll(async () => (await webhooks.get(deliveryId)).attempts, { interval: 10 }).toBe(attempts);
};
/** The pause is over, and the sender looks again. */
async function due(): Promise<void> {
  await grid.pool.query('update webhook_deliveries set due_at = now()');
  await expect
    .poll(
      async () => {
        clock.advance(1_000);
        const { rows } = await grid.pool.query<{ n: number }>(
          `select count(*)::int as n from webhook_deliveries where state = 'pending' and due_at <= now()`,
        );
        return rows[0]?.n;
      },
      { interval: 10 },
    )
    .toBe(0);
}

describe('webhooks', () => {
  test('are sent when what they tell of is committed, and never when it is not', async () => {
    const undone = grid.db.transaction().execute(async (tx) => {
      await webhooks.enqueue({ ownerId: 'ann', url, body: '"undone"' }, tx);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    const id = await grid.db
      .transaction()
      .execute((tx) => webhooks.enqueue({ ownerId: 'ann', url, body: '{"a":"ü"}' }, tx));
    expect(await webhooks.get(id)).toMatchObject({ state: 'pending', attempts: 0, ownerId: 'ann' });
    await startSender();
    expect(await ended(id)).toMatchObject({ state: 'delivered', attempts: 1, lastStatus: 204 });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      path: '/hook/path-secret?q=query-secret',
      body: '{"a":"ü"}',
      headers: { 'content-type': 'application/json', 'webhook-id': id },
    });
    expect(received[0]?.headers).not.toHaveProperty('webhook-signature');
  });

  test.each([
    ['a text', 'shh', Buffer.from('shh')],
    ['whsec_ and base64', `whsec_${Buffer.from('key').toString('base64')}`, Buffer.from('key')],
  ])('are signed with %s over id, time and body', async (_, secret, key) => {
    const id = await webhooks.enqueue({
      ownerId: 'ann',
      url,
      body: '{"ü":1}',
      secret,
      headers: { 'x-own': '1' },
    });
    await startSender();
    await ended(id);
    const [{ headers, body } = expect.fail('nothing came')] = received;
    const stamp = headers['webhook-timestamp'];
    expect(stamp).toBe(String(Math.floor(clock.wallMs() / 1000)));
    const mac = createHmac('sha256', key).update(`${id}.${stamp}.${body}`).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${mac}`);
    expect(headers['x-own']).toBe('1');
  });

  test.each([
    [500, 'answered 500'],
    [404, 'answered 404'],
    [302, 'answered 302'],
  ])(
    'that are answered %i are sent again after a pause that grows, by the same id, until one works',
    async (status, said) => {
      respond = answer(status);
      const id = await webhooks.enqueue({ ownerId: 'ann', url, body: '1' });
      await startSender();
      const pauses: number[] = [];
      for (let attempt = 1; attempt <= 3; attempt++) {
        await failedOnce(id, attempt);
        const { rows } = await grid.pool.query<{ s: number }>(
          `select extract(epoch from due_at - now())::float as s from webhook_deliveries`,
        );
        pauses.push(rows[0]?.s ?? 0);
        const view = await webhooks.get(id);
        expect(view).toMatchObject({ state: 'pending', lastStatus: status });
        expect(view.lastError).toContain(said);
        if (attempt === 3) respond = answer(200);
        await due();
      }
      expect(await ended(id)).toMatchObject({ state: 'delivered', attempts: 4, lastStatus: 200 });
      expect(pauses.every((pause, i) => pause > 2 ** i - 1 && pause <= 2 ** (i + 1))).toBe(true);
      expect(new Set(received.map((one) => one.headers['webhook-id']))).toEqual(new Set([id]));
    },
  );

  test('are given up after as many attempts as were allowed, and say why', async () => {
    respond = answer(503);
    const id = await webhooks.enqueue({ ownerId: 'ann', url, body: '1', maxAttempts: 2 });
    await startSender();
    await failedOnce(id);
    await due();
    const view = await ended(id);
    expect(view).toMatchObject({ state: 'failed', attempts: 2, maxAttempts: 2, lastStatus: 503 });
    expect(view.lastError).toBe(`${new URL(url).origin} answered 503`);
    expect(received).toHaveLength(2);
  });

  test('whose receiver says nothing are failures after 10 s', async () => {
    respond = () => undefined;
    const id = await webhooks.enqueue({ ownerId: 'ann', url, body: '1', maxAttempts: 1 });
    const came = next();
    await startSender();
    await came;
    clock.advance(10_000);
    expect(await ended(id)).toMatchObject({
      state: 'failed',
      lastError: expect.stringContaining('longer than 10 s'),
    });
  });

  test('whose receiver answers without an end are delivered: only its status is read', async () => {
    respond = (response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.writeHead(200, { 'content-length': '1000000000000' }).on('drain', more);
      more();
    };
    const id = await webhooks.enqueue({ ownerId: 'ann', url, body: '1' });
    await startSender();
    expect(await ended(id)).toMatchObject({ state: 'delivered' });
  });

  test('to a private address fail at once and for good, and none is asked', async () => {
    const id = await webhooks.enqueue({ ownerId: 'ann', url, body: '1' });
    await startSender({ outbound: client([]) });
    const view = await ended(id);
    expect(view).toMatchObject({ state: 'failed', attempts: 1, maxAttempts: 12 });
    expect(view.lastError).toContain('is the private address 127.0.0.1');
    expect(received).toEqual([]);
  });

  test('a redirect to a private address is not followed', async () => {
    respond = (response) => void response.writeHead(307, { location: 'http://127.0.0.2/' }).end();
    const id = await webhooks.enqueue({ ownerId: 'ann', url, body: '1', maxAttempts: 1 });
    await startSender();
    expect(await ended(id)).toMatchObject({ state: 'failed', lastStatus: 307 });
  });

  test.each([
    [{ url: 'ftp://here/' }, 'only https'],
    [{ url: 'https://user:pw@here/' }, 'user name or password'],
    [{ url: 'hook' }, 'this is no URL'],
    [{ headers: { 'x-a': 'b\r\nx-c: d' } }, 'no header'],
    [{ headers: { 'x a': 'b' } }, 'no header'],
    [{ signIn: { url: 'file:///etc', body: '', tokenField: 'a' } }, 'only https'],
    [{ body: 'x'.repeat(300_000) }, 'at most 262144'],
  ])('that cannot be sent are refused when they are made: %#', async (over, why) => {
    await expect(webhooks.enqueue({ ownerId: 'ann', url, body: '1', ...over })).rejects.toThrow(why);
  });

  test('of two coordinators one sends each', async () => {
    const made = await Promise.all(
      Array.from({ length: 40 }, (_, i) => webhooks.enqueue({ ownerId: 'ann', url, body: String(i) })),
    );
    await Promise.all([startSender(), startSender()]);
    await Promise.all(made.map((id) => ended(id)));
    expect(received.map((one) => Number(one.body)).toSorted((a, b) => a - b)).toEqual(made.map((_, i) => i));
  });

  test('a coordinator that dies between the delivery and the mark: another sends it again, by the same id', async () => {
    const died = Promise.withResolvers<void>();
    const lost: WebhookStore = {
      ...store,
      delivered: async () => died.resolve(),
      failed: async () => undefined,
    };
    const id = await webhooks.enqueue({ ownerId: 'ann', url, body: '1' });
    await startSender({ webhooks: lost });
    await died.promise;
    expect(await webhooks.get(id)).toMatchObject({ state: 'pending', attempts: 0 });
    await startSender();
    clock.advance(2_000);
    expect(received).toHaveLength(1);
    // Nobody else has it before the claim runs out, by the database's clock.
    expect(await store.claim({ claimId: ids.randomUuid(), limit: 9, leaseMs: 1_000 })).toEqual([]);
    await senders.shift()?.stop();
    await due();
    expect(await ended(id)).toMatchObject({ state: 'delivered' });
    expect(received.map((one) => one.headers['webhook-id'])).toEqual([id, id]);
  });

  test('one that ends every coordinator is given up, too', async () => {
    const id = await webhooks.enqueue({ ownerId: 'ann', url, body: '1', maxAttempts: 1 });
    await grid.pool.query('update webhook_deliveries set claims = 3');
    await startSender();
    expect(await ended(id)).toMatchObject({
      state: 'failed',
      lastError: expect.stringContaining('begun 3 times'),
    });
    expect(received).toEqual([]);
  });

  test('a late mark of a claim that ran out changes nothing', async () => {
    const id = await webhooks.enqueue({ ownerId: 'ann', url, body: '1' });
    const [mine] = await store.claim({ claimId: ids.randomUuid(), limit: 1, leaseMs: 0 });
    const [theirs] = await store.claim({ claimId: ids.randomUuid(), limit: 1, leaseMs: 60_000 });
    await store.failed(mine!, { status: 500, error: 'late', againMs: undefined });
    await store.release(mine!);
    expect(await webhooks.get(id)).toMatchObject({ state: 'pending', attempts: 0 });
    await store.delivered(theirs!, 200);
    await store.delivered(mine!, 201);
    expect(await webhooks.get(id)).toMatchObject({ state: 'delivered', attempts: 1, lastStatus: 200 });
  });

  test('a coordinator that stops gives back what it was sending, and none of it is counted', async () => {
    respond = () => undefined;
    const id = await webhooks.enqueue({ ownerId: 'ann', url, body: '1', maxAttempts: 1 });
    const came = next();
    const sender = await startSender();
    await came;
    await sender.stop();
    expect(await webhooks.get(id)).toMatchObject({ state: 'pending', attempts: 0 });
    respond = answer(200);
    await startSender();
    expect(await ended(id)).toMatchObject({ state: 'delivered', attempts: 1 });
  });

  test('what ended is told for a while, without its secrets, and then forgotten', async () => {
    const id = await webhooks.enqueue({ ownerId: 'ann', url, body: '1' });
    await startSender();
    await ended(id);
    const { rows } = await grid.pool.query('select sealed, body from webhook_deliveries');
    expect(rows).toEqual([{ sealed: null, body: null }]);
    await store.prune(60_000);
    expect(await webhooks.get(id)).toMatchObject({ state: 'delivered' });
    await grid.pool.query(`update webhook_deliveries set finished_at = now() - interval '2 minutes'`);
    await store.prune(60_000);
    await expect(webhooks.get(id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(webhooks.get('no uuid')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('no secret is in the log, in what is told, or readable in the database', async () => {
    respond = (response, { path }) =>
      void response.writeHead(path === '/login' ? 200 : 500).end('{"access":"access-secret"}');
    const id = await webhooks.enqueue({
      ownerId: 'ann',
      url,
      body: '1',
      secret: 'hmac-secret',
      headers: { 'x-key': 'header-secret' },
      signIn: { url: new URL('/login', url).href, body: '{"password":"login-secret"}', tokenField: 'access' },
      maxAttempts: 2,
    });
    await startSender();
    await failedOnce(id);
    const { rows } = await grid.pool.query('select row_to_json(d) as r from webhook_deliveries d');
    await due();
    const view = await ended(id);
    const all = [JSON.stringify(rows), JSON.stringify(view), ...log].join('\n');
    expect(all).toContain('a webhook failed');
    expect(all).not.toMatch(/(hmac|header|login|access|path|query)-secret/);
    expect(received).toHaveLength(4);
  });
});

describe('webhooks that sign in first', () => {
  const login = (): string => new URL('/login', url).href;
  const make = () =>
    webhooks.enqueue({
      ownerId: 'ann',
      url,
      body: '{"b":1}',
      signIn: { url: login(), body: '{"username":"u","password":"p"}', tokenField: 'access' },
      expectJson: true,
      maxAttempts: 1,
    });

  test('take the token of the first answer along', async () => {
    respond = (response, { path }) =>
      void response.writeHead(201).end(path === '/login' ? '{"access":"tok.en","refresh":"x"}' : '{"id":7}');
    const id = await make();
    await startSender();
    expect(await ended(id)).toMatchObject({ state: 'delivered', lastStatus: 201 });
    expect(received.map((one) => one.body)).toEqual(['{"username":"u","password":"p"}', '{"b":1}']);
    expect(received.map((one) => one.headers.authorization)).toEqual([undefined, 'Bearer tok.en']);
  });

  test.each([
    ['refused', answer(401), 'the sign-in answered 401'],
    ['answered in HTML', answer(200, '<html>'), 'the sign-in answered 200, but not in JSON'],
    ['answered without a token', answer(200, '{"refresh":"x"}'), 'the sign-in’s answer has no access'],
    ['answered with a token that makes headers', answer(200, '{"access":"a\\r\\nb: c"}'), 'has no access'],
    [
      'answered without an end',
      (response: ServerResponse) => void response.writeHead(200).end('x'.repeat(70_000)),
      'more than 65536 bytes',
    ],
  ])('fail when that is %s', async (_, respondTo, why) => {
    respond = respondTo;
    const id = await make();
    await startSender();
    const view = await ended(id);
    expect(view.state).toBe('failed');
    expect(view.lastError).toContain(why);
    expect(received).toHaveLength(1);
  });

  test('fail when the answer is no JSON though it must be', async () => {
    respond = (response, { path }) =>
      void response.writeHead(200).end(path === '/login' ? '{"access":"t"}' : 'OK');
    const id = await make();
    await startSender();
    expect(await ended(id)).toMatchObject({
      state: 'failed',
      lastError: expect.stringContaining('not in JSON'),
    });
  });
});
