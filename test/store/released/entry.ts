/** What of the stores the next version is held to: `npm run freeze-stores` bundles it. */
export { postgresAgentStore } from '../../../coordinator/store/postgres/agent-store.ts';
export { postgresJobStore } from '../../../coordinator/store/postgres/job-store.ts';
export { postgresLeaseStore } from '../../../coordinator/store/postgres/lease-store.ts';
export { openPool } from '../../../coordinator/store/postgres/pool.ts';
