import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Private directories for attempts, below the agent's own folder. */
export class Workspace {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Opens the folder and removes what a killed agent left in it. */
  static async open(dataDir: string): Promise<Workspace> {
    const root = join(dataDir, 'work');
    await rm(root, { recursive: true, force: true });
    await mkdir(root, { recursive: true, mode: 0o700 });
    return new Workspace(root);
  }

  get root(): string {
    return this.#root;
  }

  /** A new, empty directory; `name` is ours, never a user's text. */
  async create(name: string): Promise<string> {
    const path = join(this.#root, name);
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { recursive: true });
    await chmod(path, 0o700);
    return path;
  }

  async remove(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}
