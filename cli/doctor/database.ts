import pg from 'pg';
import { embeddedVersion } from '../../coordinator/store/postgres/embedded/binaries.ts';
import { toGridError } from '../../shared/errors.ts';
import { fail, ok, type Finding } from './finding.ts';

const NAME = 'database';
const LEAST_MAJOR = 15;
const CONNECT_LIMIT_MS = 5_000;

/** What to do about an error code of PostgreSQL (appendix A of its manual) or of the socket. */
function fixOf(code: string, url: URL): string {
  const database = url.pathname.slice(1) || url.username;
  switch (code) {
    case 'ECONNREFUSED':
      return `start PostgreSQL on ${url.host}, or correct DATABASE_URL`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host ${url.hostname} is not known: correct DATABASE_URL`;
    case '28P01':
    case '28000':
      return `correct the user or password of DATABASE_URL, or allow ${url.username} in pg_hba.conf`;
    case '3D000':
      return `make it: createdb -h ${url.hostname} -p ${url.port || 5432} -U ${url.username} ${database}`;
    default:
      return `correct DATABASE_URL, or unset it and use \`clipgrid up\`, which brings its own`;
  }
}

function codeOf(thrown: unknown): string {
  const errors: readonly unknown[] = thrown instanceof AggregateError ? thrown.errors : [thrown];
  const [first] = errors;
  return first instanceof Error && 'code' in first ? String(first.code) : '';
}

async function checkEmbedded(): Promise<Finding> {
  try {
    return ok(NAME, `DATABASE_URL is not set; \`clipgrid up\` brings PostgreSQL ${await embeddedVersion()}`);
  } catch (thrown) {
    return fail(NAME, toGridError(thrown).message, 'npm ci --include=optional, or set DATABASE_URL');
  }
}

interface Facts {
  readonly version: number;
  readonly words: string;
  readonly may_create: boolean;
}

const FACTS = `select current_setting('server_version_num')::int as version, current_setting('server_version') as words,
  has_database_privilege(current_database(), 'CREATE') and has_schema_privilege('public', 'CREATE') as may_create`;

/** Whether the database of DATABASE_URL can be used; without one, whether the embedded one is here. */
export async function checkDatabase(databaseUrl: string | undefined): Promise<Finding> {
  if (!databaseUrl) return checkEmbedded();
  if (!/^postgres(ql)?:\/\//.test(databaseUrl) || !URL.canParse(databaseUrl)) {
    return fail(
      NAME,
      'DATABASE_URL is not a URL of PostgreSQL',
      'give postgres://user:password@host:port/database',
    );
  }
  const url = new URL(databaseUrl);
  const where = `${url.username}@${url.host}${url.pathname}`;
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_LIMIT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const facts = (await client.query<Facts>(FACTS)).rows[0];
    const version = facts?.version ?? 0;
    if (version < LEAST_MAJOR * 10_000) {
      return fail(
        NAME,
        `${where} is PostgreSQL ${facts?.words}`,
        `${LEAST_MAJOR} or newer is needed: upgrade it`,
      );
    }
    if (!facts?.may_create) {
      const fix = `grant create on database and schema public to ${url.username}`;
      return fail(NAME, `${where}: this user may not make tables`, fix);
    }
    return ok(NAME, `${where} is PostgreSQL ${facts.words}`);
  } catch (thrown) {
    return fail(
      NAME,
      `${where} cannot be used: ${codeOf(thrown)} ${toGridError(thrown).message}`,
      fixOf(codeOf(thrown), url),
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}
