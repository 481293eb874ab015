import { toGridError, type GridError } from '../../shared/errors.ts';
import { VERSION } from '../../shared/version.ts';
import type { AgentDocument } from '../../client/documents.ts';
import type { RestClient } from '../../client/rest-client.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

const NAME = 'coordinator';

async function errorOf(work: Promise<unknown>): Promise<GridError | undefined> {
  return work.then(
    () => undefined,
    (thrown: unknown) => toGridError(thrown),
  );
}

function refusal(client: RestClient, error: GridError): Finding {
  if (error.code === 'unauthenticated') {
    return fail(
      NAME,
      `${client.url} asks for a token`,
      'set CLIPGRID_TOKEN to a valid one, e.g. the CLIPGRID_ADMIN_TOKEN of the coordinator',
    );
  }
  return fail(NAME, `${client.url}: ${error.message}`, 'look into its log');
}

/** Whether a coordinator answers, can use its database and store, lets us in, and has agents. `asked`: its URL was given. */
export async function checkCoordinator(client: RestClient, asked: boolean): Promise<Finding[]> {
  const notReady = await errorOf(client.get('/ready'));
  const alive = notReady === undefined || (await errorOf(client.get('/health'))) === undefined;
  if (!alive) {
    const detail = `nobody answers at ${client.url}`;
    if (!asked)
      return [
        warn(NAME, detail, 'none runs here yet: clipgrid up; or tell where it is: --url, CLIPGRID_URL'),
      ];
    return [fail(NAME, `${detail}: ${notReady.message}`, 'start it, or correct --url or CLIPGRID_URL')];
  }
  if (notReady)
    return [
      fail(NAME, `${client.url} is not ready: ${notReady.message}`, 'see its database and object store'),
    ];
  const refused = await errorOf(client.get('/jobs?limit=1'));
  if (refused) return [refusal(client, refused)];
  const { version = 'unknown' } = await client.get<{ version?: string }>('/health');
  const running =
    version === VERSION
      ? ok(NAME, `${client.url} is ready, version ${version}`)
      : warn(
          NAME,
          `${client.url} is ready, but of version ${version}, and this is ${VERSION}`,
          'update the older one',
        );
  return [running, await agentsFinding(client)];
}

async function agentsFinding(client: RestClient): Promise<Finding> {
  const { agents } = await client.get<{ agents: AgentDocument[] }>('/agents');
  const online = agents.filter((agent) => agent.state === 'online');
  const detail = `${online.length} of ${agents.length} online`;
  if (online.length > 0) return ok('agents', `${detail}: ${online.map((agent) => agent.name).join(', ')}`);
  return warn('agents', `${detail}: jobs wait`, 'start one: clipgrid agent --coordinator HOST:7070');
}
