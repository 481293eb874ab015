import type { AgentNews, AgentOrders, SeenCommit, SeenGrant } from './protocol.ts';
import { simulatedHello } from './hello.ts';
import { simulatedIndex } from './output.ts';
import { createPutter } from './put.ts';
import { SimulatedAgent } from './simulated-agent.ts';

const orders = JSON.parse(process.argv[2] ?? '') as AgentOrders;
const tell = (news: AgentNews): void => void process.send?.(news);

let grants: SeenGrant[] = [];
let commits: SeenCommit[] = [];
let refused: string[] = [];
let welcome = 0;

const index = simulatedIndex(orders.clips, orders.framesPerClip);
const put = createPutter(64);

process.on('message', () => {
  tell({ kind: 'report', report: { grants, commits, refused } });
  [grants, commits, refused] = [[], [], []];
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));

/** Of those that have no Welcome yet: a crowd that comes at once is another measurement. */
const CONNECTING = 32;
let started = 0;

function startNext(): void {
  while (started < orders.count && started - welcome < CONNECTING) start(orders.first + started++);
}

function start(number: number): void {
  const agent = new SimulatedAgent({
    coordinator: orders.coordinator,
    hello: simulatedHello(number, orders.slots),
    index,
    holdClips: orders.holdClips ?? false,
    put,
    onWelcome() {
      if (++welcome === orders.count) tell({ kind: 'ready' });
      startNext();
    },
    onGrant: (grant) => grants.push(grant),
    onCommit(commit) {
      commits.push(commit);
      if (commit.kind === 'merge') tell({ kind: 'merged', jobId: commit.jobId });
    },
    onRefused: (why) => refused.push(why),
  });
  void agent.run().then((reason) => {
    console.error(`bench: agent ${number} lost its session: ${reason}`);
    process.exit(1);
  });
}

startNext();
