import type { Counts } from './happenings.ts';

/** What must hold after each step; names are those of the design where it has one. */
export const RULES = {
  'one lease': 'at most one live lease a task, and only on what was ready',
  L1: 'the epoch rises by one on each grant, cancel, redo and change of spec; nowhere else',
  L2: 'only the current fence renews and commits',
  L3: 'what was committed stays as it is, however often it is said again',
  L4: 'the database clock alone ends a lease, at its end, and nothing renews an ended one',
  L5: 'an agent stops working at its trust deadline, counted from the sending of the heartbeat',
  L6: 'a committed artifact is what was announced, under a key never signed for writing, and never changes',
  L7: 'where notifications are lost, the poll still finds work for whoever is idle',
  L8: 'one session an agent: a new one takes all leases over, or gives them back, and no late one ends it',
  L9: 'what waits has a limit: unread messages of a stream, statements of a coordinator',
  L10: 'the merge is there exactly when all clips are committed, from the same step on',
  L11: 'an expired lease that nobody else was granted may still commit, a superseded one never',
  L12: 'after an outage nothing expires for one ttl',
  L13: 'a draining agent goes on with its heartbeats',
  L14: 'no lease is kept by work that makes no progress',
  L15: 'after faults stop every job ends: well, cancelled, or with a reason',
  grace: 'the leases of a broken stream end after the grace',
  drained: 'a drained agent gets nothing',
  quota: 'no agent has leases in more slots than are its own, no task gets more attempts than it may',
  'one slot': 'leases in one slot begin with the same work, and none of them was begun before',
  'failure policy':
    'three agents, or one where the input is at fault, end a task; a retry forgets who failed it',
  'every frame once': 'each frame is in exactly one clip, and in exactly one committed segment',
  film: 'the result of a job is its film',
  'no job lost': 'a job that was acknowledged is there',
} as const;

export type Rule = keyof typeof RULES;

/** A rule was broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule: Rule;

  constructor(rule: Rule, message: string) {
    super(`${rule} (${RULES[rule]}): ${message}`);
    this.rule = rule;
  }
}

/** The judge of one schedule: the first violation is kept, and each rule counts how often it was asked. */
export class Judge {
  violation: Violation | undefined;
  readonly asked: Counts<Rule> = {};

  readonly check = (rule: Rule, holds: boolean, message: () => string): void => {
    this.asked[rule] = (this.asked[rule] ?? 0) + 1;
    if (!holds) this.violation ??= new Violation(rule, message());
  };
}
