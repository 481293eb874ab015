import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { GridError } from '../../../shared/errors.ts';

const CORE = join(import.meta.dirname, 'migrations');
const DIALECTS = join(import.meta.dirname, '../../dialects');
// Any fixed number: coordinators that start together take turns.
const ADVISORY_LOCK = 7_267_153_001;

interface Migration {
  /** `core/0001_core.sql`, `finalrip/0001_...`: the folder's owner and the file's name. */
  readonly id: string;
  readonly file: string;
}

async function migrationsIn(owner: string, folder: string): Promise<Migration[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => ({ id: `${owner}/${basename(name)}`, file: join(folder, name) }));
}

async function allMigrations(): Promise<Migration[]> {
  const dialects = (await readdir(DIALECTS).catch((): string[] => [])).toSorted();
  const lists = await Promise.all([
    migrationsIn('core', CORE),
    ...dialects.map((name) => migrationsIn(name, join(DIALECTS, name, 'migrations'))),
  ]);
  return lists.flat();
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const text = await readFile(migration.file, 'utf8');
  await client.query('begin');
  try {
    await client.query(text);
    await client.query('insert into migrations (id) values ($1)', [migration.id]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    const where = `${basename(dirname(migration.file))}/${basename(migration.file)}`;
    throw new GridError('internal', `migration ${where} failed: ${String(error)}`, { cause: error });
  }
}

/** Brings a database to the newest schema; several processes may call it at once. Returns the ids that it applied. */
export async function migrate(connectionString: string): Promise<string[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await client.query(
      'create table if not exists migrations (id text primary key, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ id: string }>('select id from migrations');
    const done = new Set(rows.map((row) => row.id));
    const todo = (await allMigrations()).filter((migration) => !done.has(migration.id));
    for (const migration of todo) await apply(client, migration);
    return todo.map((migration) => migration.id);
  } finally {
    await client.end();
  }
}
