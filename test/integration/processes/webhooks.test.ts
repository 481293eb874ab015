import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSecrets } from '../../../coordinator/grid/secrets.ts';
import { createWebhooks } from '../../../coordinator/grid/webhooks.ts';
import { GuardedHttp } from '../../../coordinator/outbound/guarded-http.ts';
import { openPool } from '../../../coordinator/store/postgres/pool.ts';
import { postgresWebhookStore } from '../../../coordinator/store/postgres/webhook-store.ts';
import { systemClock as clock } from '../../../shared/clock.ts';
import { systemIds } from '../../../shared/ids.ts';
import { Processes } from '../../support/processes.ts';

const KEY = 'a key for secrets that is only for tests';
const NETWORKS = '127.0.0.1';

let grid: Processes;
beforeAll(async () => {
  const coordinatorEnv = { CLIPGRID_SECRET_KEYS: KEY, CLIPGRID_OUTBOUND_NETWORKS: NETWORKS };
  grid = await Processes.start({ agents: 0, coordinatorEnv });
});
afterAll(() => grid.close());

test('a coordinator killed between a webhook’s answer and its mark: the next one sends it again, by the same id', async () => {
  const came: { id: unknown; body: string; response: ServerResponse }[] = [];
  const web = createServer(async (request, response) => {
    came.push({ id: request.headers['webhook-id'], body: await text(request), response });
  });
  await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
  const { db, pool } = openPool({ connectionString: grid.database.url, max: 2, onError: () => undefined });
  const outbound = new GuardedHttp({ clock, networks: [NETWORKS], plainHttp: false });
  const ids = systemIds(() => clock.wallMs());
  const webhooks = createWebhooks(
    { webhooks: postgresWebhookStore(db), outbound, ids },
    createSecrets([KEY]),
  );
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/`;
  const id = await webhooks.enqueue({ ownerId: 'ann', url, body: '{"done":true}' });

  // It has it, and whoever sent it will never know.
  await expect.poll(() => came.length, { timeout: 20_000 }).toBe(1);
  await grid.coordinator.program.kill();
  came[0]?.response.end();
  expect(await webhooks.get(id)).toMatchObject({ state: 'pending', attempts: 0 });

  await grid.coordinator.program.start();
  await pool.query('update webhook_deliveries set due_at = now()');
  await expect.poll(() => came.length, { timeout: 20_000 }).toBe(2);
  came[1]?.response.end();
  await expect.poll(async () => (await webhooks.get(id)).state, { timeout: 20_000 }).toBe('delivered');
  expect(came.map((one) => [one.id, one.body])).toEqual([
    [id, '{"done":true}'],
    [id, '{"done":true}'],
  ]);
  await pool.end();
  await new Promise((done) => web.close(done));
}, 90_000);
