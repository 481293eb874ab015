import type { LeaseGrant } from '../../../shared/gen/clipgrid/v1/lease.ts';
import { ApiClient } from '../api-client.ts';
import { FakeAgent } from '../fake-agent.ts';
import { doTask } from '../fake-work.ts';
import { FinalripClient } from '../finalrip-client.ts';
import type { LogLine } from '../program.ts';
import { Processes } from '../processes.ts';

export const ADMIN_TOKEN = 'admin-secret-that-nobody-may-see';
export const ALICE_TOKEN = 'alice-secret-that-nobody-may-see';
export const BOB_TOKEN = 'bob-secret-that-nobody-may-see';
/** Part of every name that Alice gives. */
export const ALICE_MARK = 'only-alice-knows';

/** Lines that a coordinator writes only when something went wrong inside of it. */
export function faults(lines: readonly LogLine[]): LogLine[] {
  return lines.filter(
    (line) =>
      Number(line['level']) >= 50 || line['code'] === 'internal' || /uncaught|unhandled/.test(line.msg),
  );
}

/**
 * A real coordinator process with tokens of two owners. Alice has an upload, a job with two clips that her agent works on, and a
 * task of FinalRip's; Bob is whoever attacks.
 */
export async function startTwoOwners() {
  const grid = await Processes.start({
    agents: 0,
    coordinatorEnv: {
      CLIPGRID_AUTH: 'token',
      // Whoever has a token is let in: the attacks are to come from inside.
      CLIPGRID_AGENT_AUTH: 'token',
      CLIPGRID_ADMIN_TOKEN: ADMIN_TOKEN,
      CLIPGRID_FINALRIP_TOKENS: `alice=${ALICE_TOKEN},bob=${BOB_TOKEN}`,
      // Leases are to be lost by attacks, not by a busy machine.
      CLIPGRID_LEASE_TTL_S: '120',
    },
  });
  const port = Number(grid.coordinator.rpc.split(':')[1]);
  const api = new ApiClient(grid.api.url);
  const alice = api.as(ALICE_TOKEN);
  const agent = await FakeAgent.connect(port, { agentId: 'honest', slots: 2, token: ADMIN_TOKEN });
  await agent.next('heartbeatAck');
  const uploadId = await alice.upload(new Uint8Array(4_000), `${ALICE_MARK}.mkv`);
  const { job_id: jobId } = await alice.ok('SubmittedJob', 'POST /jobs', {
    body: {
      upload_id: uploadId,
      encode: `ffmpeg -i - -metadata title=${ALICE_MARK} -c:v libx264`,
      clips: { target_seconds: 2 },
    },
  });
  await doTask(agent, await agent.next('grant'));
  const grants: LeaseGrant[] = [await agent.next('grant'), await agent.next('grant')];
  const fences = grants.map((grant) => grant.fence!);
  const finalrip = new FinalripClient({ url: grid.finalrip.url, token: ALICE_TOKEN });
  const videoKey = `${ALICE_MARK}-finalrip.mkv`;
  await finalrip.upload(videoKey, new Uint8Array(1_000));
  await finalrip.post('new', { video_key: videoKey });

  return {
    grid,
    port,
    api,
    alice,
    agent,
    uploadId,
    jobId,
    grants,
    fences,
    videoKey,
    finalrip,
    /** What nobody but Alice may ever be told. */
    secrets: [jobId, uploadId, ALICE_MARK, ALICE_TOKEN, ADMIN_TOKEN, grants[0]!.jobId],
    /** Alice's job as it stands in the database. */
    async leases(): Promise<unknown[]> {
      const { rows } = await grid.sql.query(
        `select t.task_id, t.kind, t.state, t.epoch, t.lease_id, t.session_id, t.agent_id, t.attempts, t.frames_done,
           t.failed_agents, (select count(*) from attempts a where a.task_id = t.task_id) as ended
         from tasks t where t.job_id = $1 order by t.task_id`,
        [jobId],
      );
      return rows as unknown[];
    },
    /** Every lease of the honest agent is renewed by its next heartbeat. */
    async beat(): Promise<readonly string[]> {
      agent.beat(fences);
      const { renewed } = await agent.next('heartbeatAck');
      return renewed.map((fence) => fence.taskId).toSorted();
    },
    async close(): Promise<void> {
      agent.close();
      await grid.close();
    },
  };
}

export type TwoOwners = Awaited<ReturnType<typeof startTwoOwners>>;
