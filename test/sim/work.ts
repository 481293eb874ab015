import { gzipSync } from 'node:zlib';
import type { LeaseGrant } from '../../shared/gen/clipgrid/v1/lease.ts';
import type { MergeTask, TaskResult } from '../../shared/gen/clipgrid/v1/task.ts';
import { closedIndex, FORMAT, PACKAGED, PROBED } from '../support/store-moves.ts';
import { digest } from './objects.ts';

const FPS = 25;

/** A source of so many seconds, each a clip. */
export interface Film {
  readonly seconds: number;
  readonly frames: number;
  /** The bytes of its index. */
  readonly index: Bytes;
}

interface Bytes {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly md5: string;
}

export interface Work {
  readonly artifacts: readonly (Bytes & { readonly name: string })[];
  readonly frames: number;
  readonly result: TaskResult;
}

function withDigests(bytes: Buffer): Bytes {
  return { bytes, sha256: digest('sha256', bytes), md5: digest('md5', bytes) };
}

function artifactOf(name: string, text: string): Work['artifacts'][number] {
  return { name, ...withDigests(Buffer.from(text)) };
}

function makeFilm(seconds: number): Film {
  const index = withDigests(gzipSync(JSON.stringify(closedIndex(seconds))));
  return { seconds, frames: seconds * FPS, index };
}

const USUAL_FILMS: readonly Film[] = [1, 2, 3].map(makeFilm);

export function filmOf(seconds: number): Film {
  return USUAL_FILMS[seconds - 1] ?? makeFilm(seconds);
}

export interface Material {
  readonly film: Film;
  /** The bytes of an input. */
  input(key: string): Buffer | undefined;
}

/** What a tool would make of a task: bytes that say which frames are in them. */
export function workOf(grant: LeaseGrant, { film, input }: Material): Work {
  const { frames, seconds } = film;
  const kind = grant.spec?.kind;
  switch (kind?.$case) {
    case 'index': {
      const value = {
        frameCount: frames,
        durationSeconds: seconds,
        format: FORMAT,
        hasSidecar: false,
        probeJson: '',
      };
      const artifacts = [{ name: 'index', ...film.index }];
      return { artifacts, frames, result: { kind: { $case: 'index', value } } };
    }
    case 'encode': {
      const { startFrame = 0, endFrame = 0 } = kind.value.range ?? {};
      const frameCount = endFrame - startFrame;
      const counts = {
        frameCount,
        inputFrames: frameCount,
        encodeSeconds: 1,
        fetchedBytes: 0,
        outputRate: undefined,
        resumedFrames: 0,
      };
      const artifacts = [artifactOf('segment', `${startFrame}-${endFrame};`)];
      const value = { ...counts, format: FORMAT, extradataSha256: '' };
      return { artifacts, frames: frameCount, result: { kind: { $case: 'encode', value } } };
    }
    case 'merge': {
      const value = { frameCount: kind.value.frameCount, durationSeconds: seconds, format: FORMAT };
      const artifacts = [{ name: 'result', ...withDigests(joined(kind.value, input)) }];
      return { artifacts, frames, result: { kind: { $case: 'merge', value } } };
    }
    case 'package': {
      const made = withDigests(joined(kind.value.parts, input));
      const files = [{ name: '0000.ts', durationUs: seconds * 1e6, sizeBytes: made.bytes.length }];
      const value = { ...PACKAGED, files, frameCount: frames, durationSeconds: seconds };
      const artifacts = [{ name: 'file/0000.ts', ...made }];
      return { artifacts, frames, result: { kind: { $case: 'package', value } } };
    }
    case 'probe': {
      const value = { ...PROBED, durationSeconds: seconds, frameCount: frames };
      return { artifacts: [], frames, result: { kind: { $case: 'probe', value } } };
    }
    case 'media': {
      const half = Math.floor(frames / 2);
      const artifacts = [artifactOf('file/a', `0-${half};`), artifactOf('file/b', `${half}-${frames};`)];
      const value = { frameCount: frames, durationSeconds: seconds, encodeSeconds: 1 };
      return { artifacts, frames, result: { kind: { $case: 'media', value } } };
    }
    case 'audio':
    case 'clip':
    case 'preview':
    case undefined:
      throw new Error(`the simulation has no work of kind ${kind?.$case}`);
  }
}

/** All segments, one behind the other. */
function joined(parts: MergeTask | undefined, input: Material['input']): Buffer {
  const segments = (parts?.segments ?? []).map(({ cacheKey }) =>
    input(cacheKey.slice(cacheKey.indexOf('/') + 1)),
  );
  if (segments.includes(undefined)) throw new Error('a segment of the film is not there');
  return Buffer.concat(segments as Buffer[]);
}

/** Whether these segments, in this order, are the film: each frame once (M3). */
export function isFilm(segments: readonly Buffer[], frames: number): boolean {
  let next = 0;
  for (const segment of segments) {
    for (const part of segment.toString('utf8').split(';').slice(0, -1)) {
      const [start, end] = part.split('-').map(Number);
      if (start !== next || end === undefined) return false;
      next = end;
    }
  }
  return next === frames;
}
