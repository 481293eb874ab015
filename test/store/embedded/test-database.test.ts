import pg from 'pg';
import { afterAll, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/postgres.ts';

const database = await createTestDatabase({ empty: true });
const other = await createTestDatabase({ empty: true });

afterAll(() => other.drop());

it('gives each caller a database of its own, and removes it', async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('CREATE TABLE mine (n int)');
  await client.end();

  const neighbour = new pg.Client({ connectionString: other.url });
  await neighbour.connect();
  await expect(neighbour.query('SELECT * FROM mine')).rejects.toThrow(/does not exist/);
  await neighbour.end();

  await database.drop();
  const gone = new pg.Client({ connectionString: database.url });
  gone.on('error', () => undefined);
  await expect(gone.connect()).rejects.toThrow(/does not exist/);
});
