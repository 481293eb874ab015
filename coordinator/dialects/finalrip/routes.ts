import type { Scope } from '../../domain/account.ts';
import { STRUCTS, type Bound } from './binding.ts';
import type { Context } from './context.ts';
import { clear, create } from './lifecycle.ts';
import { list } from './list.ts';
import { progress } from './progress.ts';
import { retryEncode, retryMerge } from './retry.ts';
import { start } from './start.ts';
import { presigned } from './upload.ts';

type Struct = (typeof STRUCTS)[keyof typeof STRUCTS];

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly scope: Scope;
  readonly struct: Struct;
  /** What it resolves to is `data`; undefined: success and nothing to return. */
  handle(context: Context, request: Bound, ownerId: string): Promise<unknown>;
}

/** Below this path on every port that serves the dialect. */
export const TASK_PATH = '/api/v1/task/';

const PING: Struct = { name: 'Ping', fields: [] } as never;

/** All routes of contract 2.1. */
export const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/', { method: 'GET', scope: 'read', struct: PING, handle: () => Promise.resolve(undefined) }],
  [`${TASK_PATH}new`, { method: 'POST', scope: 'submit', struct: STRUCTS.new, handle: create }],
  [`${TASK_PATH}start`, { method: 'POST', scope: 'submit', struct: STRUCTS.start, handle: start }],
  [`${TASK_PATH}progress`, { method: 'GET', scope: 'read', struct: STRUCTS.progress, handle: progress }],
  [
    `${TASK_PATH}oss/presigned`,
    { method: 'GET', scope: 'submit', struct: STRUCTS.presigned, handle: presigned },
  ],
  [`${TASK_PATH}clear`, { method: 'POST', scope: 'submit', struct: STRUCTS.clear, handle: clear }],
  [
    `${TASK_PATH}retry/encode`,
    { method: 'POST', scope: 'submit', struct: STRUCTS.retryEncode, handle: retryEncode },
  ],
  [
    `${TASK_PATH}retry/merge`,
    { method: 'POST', scope: 'submit', struct: STRUCTS.retryMerge, handle: retryMerge },
  ],
  [`${TASK_PATH}list`, { method: 'GET', scope: 'read', struct: STRUCTS.list, handle: list }],
]);
