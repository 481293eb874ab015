/** All that can go wrong in a schedule, by the parts of the issue: a run must have seen each of it. */
export const HAPPENINGS = [
  'a message was dropped',
  'a message was delayed',
  'a message came twice',
  'a message came after one of a newer stream',
  'a stream broke',
  'a stream was half open',
  'a notification was lost',
  'an agent crashed',
  'an agent was stopped and woken',
  'an agent was slow',
  'an agent was in a black hole',
  'a clock ran fast',
  'a clock ran slow',
  'work failed',
  'work hung',
  'an agent lied about its frames',
  'an agent sent other bytes than it announced',
  'a coordinator crashed before a statement',
  'a coordinator crashed after a statement',
  'a coordinator was stopped and woken',
  'coordinators worked at once',
  'a statement was refused',
  'the answer of a statement was lost',
  'the database stalled',
  'the database was away',
  'the database failed over',
  'the clock of the database jumped on',
  'the clock of the database jumped back',
  'an object request failed',
  'a failed object request had happened',
  'a write was cut short',
  'a write was slow',
  'an agent was drained',
  'a job was cancelled',
  'a job was retried',
  'a clip was redone',
  'leases came in one slot',
] as const;

export type Happening = (typeof HAPPENINGS)[number];

/** How often each happened. */
export type Counts<Name extends string> = Partial<Record<Name, number>>;

export function addCounts<Name extends string>(sum: Counts<Name>, more: Counts<Name>): void {
  for (const name of Object.keys(more) as Name[]) sum[name] = (sum[name] ?? 0) + (more[name] ?? 0);
}
