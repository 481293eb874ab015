import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import { stoppedWithin } from './guest/proc.ts';
import { removeTree } from './remove-tree.ts';

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended, or is not ours.
  }
}

/** Private directories for attempts, below the agent's own folder. */
export class Workspace {
  readonly #root: string;
  readonly #clock: Clock;

  private constructor(root: string, clock: Clock) {
    this.#root = root;
    this.#clock = clock;
  }

  /** Opens the folder and removes what a killed agent left in it. */
  static async open(dataDir: string, clock: Clock): Promise<Workspace> {
    const root = join(dataDir, 'work');
    for (const pid of stoppedWithin(root)) endProcess(pid);
    await removeTree(root, clock);
    await mkdir(root, { recursive: true, mode: 0o700 });
    return new Workspace(root, clock);
  }

  get root(): string {
    return this.#root;
  }

  /** Where `create` makes a directory. */
  pathOf(name: string): string {
    return join(this.#root, name);
  }

  /** A new, empty directory; `name` is ours, never a user's text. */
  async create(name: string): Promise<string> {
    const path = this.pathOf(name);
    await removeTree(path, this.#clock);
    await mkdir(path, { recursive: true });
    await chmod(path, 0o700);
    return path;
  }

  async remove(path: string): Promise<void> {
    await removeTree(path, this.#clock);
  }
}
