import { VERSION } from '../../../shared/version.ts';
import { isThere } from '../../domain/agent.ts';
import type { Context } from './context.ts';
import { ok, type Route } from './routes.ts';

/** The answer comes within 2 s. */
const ASK_MS = 1_500;
const HOME = 'https://github.com/alfg/openencoder';

/** Undefined: it failed, or took too long. */
async function asked<T>({ parts }: Context, question: Promise<T>): Promise<T | undefined> {
  const late = new AbortController();
  try {
    return await Promise.race([question, parts.clock.sleep(ASK_MS, late.signal).then(() => undefined)]);
  } catch (error) {
    parts.logger.warn({ error: String(error) }, 'a part of the Open Encoder API is not well');
    return undefined;
  } finally {
    late.abort();
  }
}

/** Contract 2.5: what this is, and whether it is well. */
export function infoRoutes(context: Context): Route[] {
  const { parts, presets } = context;
  async function health() {
    // The queue lies in the database, and is asked through the grid.
    const [database, agents] = await Promise.all([
      asked(context, presets.count()),
      asked(context, parts.grid.agents.list()),
    ]);
    return ok({
      api: 'OK',
      db: database === undefined ? 'NOTOK' : 'OK',
      redis: agents === undefined ? 'NOTOK' : 'OK',
      workers: agents?.filter(isThere).length ?? 0,
    });
  }
  const about = {
    name: 'openencoder',
    version: VERSION,
    github: HOME,
    docs: `${HOME}/blob/master/API.md`,
    wiki: `${HOME}/wiki`,
    server: 'clipgrid',
  };
  return [
    { method: 'GET', path: '/', who: 'anybody', handle: () => Promise.resolve(ok(about)) },
    { method: 'GET', path: '/health', who: 'anybody', handle: health },
  ];
}
