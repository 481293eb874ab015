import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGridFixture, type GridFixture } from '../support/grid-fixture.ts';

let fixture: GridFixture;
beforeAll(async () => {
  fixture = await createGridFixture();
});
afterAll(() => fixture.close());

test('whoever changes a job in a transaction of their own reads it as they have left it, by the same connection', async () => {
  const jobId = await fixture.submit();
  await fixture.db.transaction().execute(async (tx) => {
    await fixture.jobs.cancel(jobId, undefined, tx);
    expect((await fixture.jobs.get(jobId, undefined, tx)).state).toBe('cancelled');
    expect((await fixture.jobs.get(jobId)).state).not.toBe('cancelled');
  });
});
