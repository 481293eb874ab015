import { gzipSync } from 'node:zlib';
import type { LeaseGrant } from '../../shared/gen/clipgrid/v1/lease.ts';
import type { TaskResult } from '../../shared/gen/clipgrid/v1/task.ts';
import { closedIndex, FORMAT } from '../support/store-moves.ts';

export const FILM_S = 4;
export const FRAMES = FILM_S * 25;
const INDEX = gzipSync(JSON.stringify(closedIndex(FILM_S)));

export interface Work {
  readonly name: string;
  readonly bytes: Buffer;
  readonly result: TaskResult;
}

/** What a tool would make of a task: bytes that say which frames are in them. `segment`: the bytes of an input. */
export function workOf(grant: LeaseGrant, input: (key: string) => Buffer | undefined): Work {
  const kind = grant.spec?.kind;
  switch (kind?.$case) {
    case 'index': {
      const value = { frameCount: FRAMES, durationSeconds: FILM_S, format: FORMAT, hasSidecar: false };
      return { name: 'index', bytes: INDEX, result: { kind: { $case: 'index', value } } };
    }
    case 'encode': {
      const { startFrame = 0, endFrame = 0 } = kind.value.range ?? {};
      const frames = endFrame - startFrame;
      const counts = {
        frameCount: frames,
        inputFrames: frames,
        encodeSeconds: 1,
        fetchedBytes: 0,
        outputRate: undefined,
      };
      const bytes = Buffer.from(`${startFrame}-${endFrame};`);
      const value = { ...counts, format: FORMAT, extradataSha256: '' };
      return { name: 'segment', bytes, result: { kind: { $case: 'encode', value } } };
    }
    case 'merge': {
      const parts = kind.value.segments.map(({ cacheKey }) =>
        input(cacheKey.slice(cacheKey.indexOf('/') + 1)),
      );
      if (parts.includes(undefined)) throw new Error('a segment of the merge is not there');
      const value = { frameCount: kind.value.frameCount, durationSeconds: FILM_S, format: FORMAT };
      const bytes = Buffer.concat(parts as Buffer[]);
      return { name: 'result', bytes, result: { kind: { $case: 'merge', value } } };
    }
    case 'audio':
    case 'clip':
    case undefined:
      throw new Error(`the simulation has no work of kind ${kind?.$case}`);
  }
}

/** Whether these bytes are the film: each frame once, in order (M3). */
export function isFilm(bytes: Buffer): boolean {
  let next = 0;
  for (const part of bytes.toString('utf8').split(';').slice(0, -1)) {
    const [start, end] = part.split('-').map(Number);
    if (start !== next || end === undefined) return false;
    next = end;
  }
  return next === FRAMES;
}
