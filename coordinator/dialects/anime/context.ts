import { GridError } from '../../../shared/errors.ts';
import type { DialectParts } from '../dialect.ts';
import type { JobStore } from './store.ts';
import type { AnimeSettings } from './settings.ts';
import type { NameStore } from './name-store.ts';
import type { SoundStore } from './sound-store.ts';
import type { SubtitleStore } from './subtitle-store.ts';

/** What handlers and services share. */
export interface Context {
  readonly parts: DialectParts;
  readonly settings: AnimeSettings;
  readonly store: JobStore;
  readonly names: NameStore;
  readonly sounds: SoundStore;
  readonly subtitles: SubtitleStore;
  /** This process, in claims. */
  readonly self: string;
  /** The source of this create call is to be brought: by a copy, or by a fetch, which may take long. */
  bring(taskId: string, how: 'copy' | 'fetch'): void;
  /** Something is to be done for this create call: whoever drives it looks now. */
  wake(taskId: string): void;
}

/** Undefined for what somebody removed by another API. */
export async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof GridError && error.code === 'not_found') return undefined;
    throw error;
  }
}
