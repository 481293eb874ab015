import type { Scenario } from './scenario.ts';
import { agentFrozen } from './scenarios/agent-frozen.ts';
import { agentKilled } from './scenarios/agent-killed.ts';
import { agentUnreachable } from './scenarios/agent-unreachable.ts';
import { clockJump } from './scenarios/clock-jump.ts';
import { coordinatorFrozen } from './scenarios/coordinator-frozen.ts';
import { coordinatorKilled } from './scenarios/coordinator-killed.ts';
import { databaseAway } from './scenarios/database-away.ts';
import { diskFull } from './scenarios/disk-full.ts';
import { objectsAway } from './scenarios/objects-away.ts';
import { twoCoordinators } from './scenarios/two-coordinators.ts';

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  agentKilled,
  agentUnreachable,
  agentFrozen,
  coordinatorKilled,
  coordinatorFrozen,
  twoCoordinators,
  databaseAway,
  objectsAway,
  diskFull,
  clockJump,
];

/** What tests of two coordinators, of full disks and of late uploads in test/integration show already. */
const SHOWN_ELSEWHERE: readonly Scenario[] = [twoCoordinators, diskFull];

/** Those of `npm test`. */
export const SHORT_SCENARIOS = SCENARIOS.filter((scenario) => !SHOWN_ELSEWHERE.includes(scenario));
