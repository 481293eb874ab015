import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../sim/random.ts';
import { doTask, workUntil } from '../../support/fake-work.ts';
import { GrpcCorpus } from '../../support/hostile/grpc-corpus.ts';
import { RawPeer, type Outcome } from '../../support/hostile/raw-session.ts';
import {
  ADMIN_TOKEN,
  BOB_TOKEN,
  faults,
  startTwoOwners,
  type TwoOwners,
} from '../../support/hostile/two-owners.ts';

const SEED = 4;
const SESSIONS = 780;
const CALLS = 480;
/** At once; each is an agent of its own. */
const THIEVES = 6;

let owners: TwoOwners;
beforeAll(async () => {
  owners = await startTwoOwners();
});
afterAll(() => owners?.close());

/** What a peer may never see: an error of ours, or anything of Alice's. */
function problemOf({ status, details, code, said }: Outcome): string | undefined {
  if (status === 'UNKNOWN' || code === 'internal') return `${status} ${code}: ${details}`;
  // What is no message of the schema is refused by the transport itself.
  if (
    status === 'INTERNAL' &&
    !/deserializ|invalid wire|premature|index out of range|safe integer/i.test(details)
  )
    return `INTERNAL: ${details}`;
  if (/"(?:reason|error)":"internal/.test(said)) return said.slice(0, 300);
  // "There is no job ..." says back what was asked for.
  const told = said + details.replaceAll(/there is no (?:job|task) [\w-]{36}/g, '');
  const secret = owners.secrets.find((one) => told.includes(one));
  return secret === undefined ? undefined : `it was told ${secret}: ${said.slice(0, 300)}`;
}

test('2,000 malformed messages: no process ends, nobody else is disturbed, nothing of another is told', async () => {
  const fences = owners.fences.map(({ taskId, epoch, leaseId }) => ({
    task_id: taskId,
    epoch,
    lease_id: leaseId,
  }));
  const mine = owners.fences.map((fence) => fence.taskId).toSorted();
  const ids = [owners.jobId, ...mine];
  const before = await owners.leases();
  const random = new Random(SEED);
  const ends = new Map<string, number>();
  const problems: string[] = [];
  let messages = 0;
  const count = (kind: string, outcome: Outcome): void => {
    ends.set(`${kind}: ${outcome.status}`, (ends.get(`${kind}: ${outcome.status}`) ?? 0) + 1);
    const problem = problemOf(outcome);
    if (problem !== undefined) problems.push(`${kind}: ${problem}`);
  };

  const thief = async (number: number): Promise<void> => {
    const corpus = new GrpcCorpus(random.fork(), { fences, ids });
    const [agent, caller] = [new RawPeer(owners.port, ADMIN_TOKEN), new RawPeer(owners.port, BOB_TOKEN)];
    for (let i = 0; i < SESSIONS / THIEVES; i++) {
      const session = i === 0 ? corpus.huge() : corpus.session(`thief-${number}`);
      messages += session.messages.length;
      const ended = agent.session(`thief-${number}`, session);
      count(
        session.kind,
        await ended.catch((error: Error) => {
          throw new Error(`${error.message}\n${owners.grid.coordinator.program.tail()}`);
        }),
      );
      if (i % 20 === 0) expect(await owners.beat()).toEqual(mine);
    }
    for (let i = 0; i < CALLS / THIEVES; i++) {
      const { method, path, bytes } = corpus.adminCall();
      messages++;
      count(method, await caller.unary(path, bytes));
    }
    agent.close();
    caller.close();
  };
  await Promise.all(Array.from({ length: THIEVES }, (_, number) => thief(number)));

  expect(problems).toEqual([]);
  expect(messages).toBeGreaterThanOrEqual(2_000);
  // The corpus reaches what it is meant to reach: sessions that live on, that are ended in words.
  const kinds = [...ends.keys()].join('\n');
  for (const seen of [
    'stolen: alive',
    'values: OK',
    'two Hellos: OK',
    'huge: RESOURCE_EXHAUSTED',
    'bytes: OK',
  ])
    expect(kinds).toContain(seen);

  expect(await owners.beat()).toEqual(mine);
  expect(await owners.leases()).toEqual(before);
  expect(faults(owners.grid.coordinator.program.lines)).toEqual([]);
  expect(owners.grid.coordinator.program.running).toBe(true);

  for (const grant of owners.grants) await doTask(owners.agent, grant);
  await workUntil(owners.agent, 'merge');
  expect(await owners.alice.ok('JobDetail', `GET /jobs/${owners.jobId}`)).toMatchObject({
    state: 'succeeded',
  });
});
