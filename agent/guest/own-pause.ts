import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../shared/replace-file.ts';
import type { OwnPause } from './policy.ts';

/** What the owner last said, kept in the agent's folder: a machine that is started again is still theirs. */
export class OwnPauseFile {
  readonly #file: string;
  #pause: OwnPause | undefined;

  private constructor(file: string, pause: OwnPause | undefined) {
    this.#file = file;
    this.#pause = pause;
  }

  static async open(dataDir: string): Promise<OwnPauseFile> {
    const file = join(dataDir, 'paused');
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return new OwnPauseFile(file, undefined);
    const untilWallMs = Number(text);
    // A file that says no time, like one that was cut off, says a pause without an end.
    const ends = text.trim() !== '' && Number.isSafeInteger(untilWallMs);
    return new OwnPauseFile(file, ends ? { untilWallMs } : {});
  }

  get pause(): OwnPause | undefined {
    return this.#pause;
  }

  async set(pause: OwnPause | undefined): Promise<void> {
    this.#pause = pause;
    if (pause === undefined) await rm(this.#file, { force: true });
    else await replaceFile(this.#file, `${pause.untilWallMs ?? ''}\n`);
  }
}
