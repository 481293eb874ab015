import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Hello, type Pause } from '../../shared/gen/clipgrid/v1/session.ts';
import { createGridFixture, type GridFixture } from '../support/grid-fixture.ts';

let grid: GridFixture;
beforeAll(async () => {
  grid = await createGridFixture();
});
afterAll(() => grid.close());

async function register(pause: Pause | undefined): Promise<string> {
  const sessionId = randomUUID();
  const hello = { ...Hello.create({ agentId: 'a', name: 'a', slots: 1, protocol: 1 }), pause };
  await grid.agents.register({ hello, sessionId, coordinatorId: 'one' });
  return sessionId;
}

test('a pause lasts from its first word over beats, other reasons and reconnects, until the agent works or leaves', async () => {
  const session = await register(undefined);
  const beat = (pause?: Pause) =>
    grid.agents.seen([{ agentId: 'a', sessionId: session, load: undefined, pause }]);
  expect(await grid.agents.get('a')).not.toHaveProperty('pause');
  await beat({ reason: 'blender runs' });
  await grid.pool.query(`update agents set paused_at = paused_at - interval '1 hour'`);
  const { pause } = await grid.agents.get('a');
  expect(pause).toMatchObject({ reason: 'blender runs' });
  await beat({ reason: 'on battery' });
  expect((await grid.agents.get('a')).pause).toEqual({ reason: 'on battery', since: pause!.since });
  const back = await register({ reason: 'still on battery' });
  expect((await grid.agents.list())[0]!.pause).toEqual({ reason: 'still on battery', since: pause!.since });
  // Of the session that was replaced.
  await beat();
  expect(await grid.agents.get('a')).toHaveProperty('pause');
  await grid.agents.seen([{ agentId: 'a', sessionId: back, load: undefined }]);
  expect(await grid.agents.get('a')).not.toHaveProperty('pause');
  const paused = await register({ reason: 'again' });
  expect(await grid.agents.get('a')).toHaveProperty('pause');
  await grid.agents.disconnect('a', paused);
  expect(await grid.agents.get('a')).toMatchObject({ state: 'offline' });
  expect(await grid.agents.get('a')).not.toHaveProperty('pause');
});
