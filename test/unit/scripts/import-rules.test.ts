import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importsOf, SOURCES, whyForbidden } from '../../../scripts/check/import-rules.ts';

const reasons = (from: string, code: string): (string | undefined)[] =>
  importsOf(from, code).map(whyForbidden);

/** Each is planted as if it stood in the file; the rule must catch it. */
const FORBIDDEN: readonly (readonly [string, string])[] = [
  ['shared/a.ts', `import { x } from '../agent/tools.ts';`],
  ['shared/a.ts', `import pg from 'pg';`],
  ['shared/a.ts', `import type Koa from 'koa';`],
  ['coordinator/domain/a.ts', `import { readFile } from 'node:fs/promises';`],
  ['coordinator/domain/a.ts', `import { sql } from 'kysely';`],
  ['coordinator/domain/a.ts', `import type { Grid } from '../grid/face.ts';`],
  ['coordinator/grid/a.ts', `import { migrate } from '../store/postgres/migrate.ts';`],
  ['coordinator/grid/a.ts', `import { type A, b } from '../objects/folder.ts';`],
  ['coordinator/store/a.ts', `import { b } from '../objects/folder.ts';`],
  ['coordinator/store/a.ts', `import { b } from '../grid/submit.ts';`],
  ['coordinator/http/a.ts', `import { b } from '../store/postgres/jobs.ts';`],
  ['coordinator/rpc/a.ts', `const b = await import('../http/app.ts');`],
  ['coordinator/dialects/finalrip/a.ts', `import { b } from '../anime/routes.ts';`],
  ['coordinator/dialects/finalrip/a.ts', `import { b } from '../../objects/folder.ts';`],
  ['coordinator/grid/a.ts', `import type { D } from '../dialects/dialect.ts';`],
  ['coordinator/outbound/a.ts', `import type { D } from '../domain/user.ts';`],
  ['coordinator/outbound/a.ts', `import { sql } from 'kysely';`],
  ['coordinator/grid/a.ts', `import { GuardedHttp } from '../outbound/guarded-http.ts';`],
  ['agent/a.ts', `import { b } from '../coordinator/domain/lease.ts';`],
  ['agent/runners/a.ts', `import * as minio from 'minio';`],
  ['agent/a.ts', `export { b } from '../test/support/tools.ts';`],
  ['cli/a.ts', `import '../coordinator/grid/submit.ts';`],
  ['cli/a.ts', `import { jobView } from '../coordinator/http/views.ts';`],
  ['cli/a.ts', `import { openObjects } from '../coordinator/open-objects.ts';`],
  ['client/a.ts', `import { jobView } from '../coordinator/http/views.ts';`],
  ['client/a.ts', `import { b } from '../cli/table.ts';`],
  ['client/a.ts', `import pg from 'pg';`],
  ['coordinator/dashboard/src/a.tsx', `import { jobView } from '../../http/responses.ts';`],
  ['coordinator/dashboard/src/a.tsx', `import { Clock } from '../../../shared/clock.ts';`],
  ['coordinator/dashboard/src/a.tsx', `import { readFile } from 'node:fs/promises';`],
  ['coordinator/main.ts', `import {\n  a,\n  b,\n} from '../test/support/tools.ts';`],
];

const ALLOWED: readonly (readonly [string, string])[] = [
  ['shared/a.ts', `import { readFile } from 'node:fs/promises';`],
  ['coordinator/domain/a.ts', `import { x } from '../../shared/errors.ts';`],
  ['coordinator/grid/a.ts', `import type { ObjectStore } from '../objects/object-store.ts';`],
  ['coordinator/grid/a.ts', `import type { OutboundHttp } from '../outbound/outbound-http.ts';`],
  ['coordinator/dialects/finalrip/a.ts', `import type { O } from '../../outbound/outbound-http.ts';`],
  ['coordinator/store/postgres/a.ts', `import pg from 'pg';`],
  ['coordinator/dialects/finalrip/a.ts', `import { b } from '../../http/problem.ts';`],
  ['coordinator/dialects/finalrip/a.ts', `import { b } from './schema.ts';`],
  ['coordinator/dialects/finalrip/a.ts', `import type { D } from '../dialect.ts';`],
  ['coordinator/dialects/finalrip/a.ts', `import type { S } from '../../objects/object-store.ts';`],
  ['coordinator/main.ts', `import { b } from './store/postgres/jobs.ts';`],
  ['cli/a.ts', `import { RestClient } from '../client/rest-client.ts';`],
  ['cli/doctor/a.ts', `import { openObjects } from '../../coordinator/open-objects.ts';`],
  ['client/a.ts', `import type { jobView } from '../coordinator/http/views.ts';`],
  ['coordinator/dashboard/src/a.tsx', `import type { J } from '../../http/responses.ts';`],
  ['coordinator/dashboard/src/a.tsx', `import { signal } from '@preact/signals';`],
  ['test/unit/a.ts', `import { b } from '../../agent/tools.ts';`],
  ['agent/a.ts', `// import { b } from '../coordinator/domain/lease.ts';`],
];

describe('import rules', () => {
  it.each(FORBIDDEN)('%s may not say %s', (from, code) => {
    const [reason] = reasons(from, code);
    expect(reason).toContain(from);
  });

  it.each(ALLOWED)('%s may say %s', (from, code) => {
    expect(reasons(from, code).filter((reason) => reason !== undefined)).toEqual([]);
  });

  it('are asked of every file that we wrote', () => {
    const looked = new Set(globSync(SOURCES, { exclude: ['**/node_modules'] }));
    const ours = globSync('*/**/*.{ts,tsx,mts}', { exclude: ['**/node_modules', 'dist'] });
    const missed = ours.filter((file) => !looked.has(file));
    expect(ours.length).toBeGreaterThan(1_000);
    expect(missed).toEqual([]);
  });
});
