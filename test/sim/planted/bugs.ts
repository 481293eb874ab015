import { JOB_BUGS } from './job-bugs.ts';
import { LEASE_BUGS } from './lease-bugs.ts';
import type { Bug } from './planting.ts';
import { PROCESS_BUGS } from './process-bugs.ts';

export const BUGS: readonly Bug[] = [...LEASE_BUGS, ...JOB_BUGS, ...PROCESS_BUGS];
