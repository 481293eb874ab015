import type { components } from './gen/openapi.ts';

type Schemas = components['schemas'];

/** What the REST API answers, by its OpenAPI document. */
export type TaskDocument = Schemas['JobDetail']['tasks'][number];
export type JobSummary = Schemas['Job'];
export type UploadDocument = Schemas['Upload'];
export type PartDocument = Schemas['PartList']['parts'][number];
export type AgentDocument = Schemas['Agent'];
export type TokenDocument = Schemas['TokenList']['tokens'][number];
export type JoinTokenDocument = Schemas['JoinTokenList']['join_tokens'][number];

/** One job with its tasks. `waiting` is empty when it waits for nothing. */
export type JobDocument = Schemas['JobDetail'];
export type JobPage = Schemas['JobList'];

/** What a job is to do. */
export type JobRequest = Schemas['JobRequest'];

export const ENDED_STATES: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);
