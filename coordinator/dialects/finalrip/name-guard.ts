import type { ObjectStore } from '../../objects/object-store.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { NameStore } from './name-store.ts';
import { rootOf } from './names.ts';

/** A waiting turn holds a database connection, and the work may need a second one: all of them together stay below the pool. */
const MAX_AT_ONCE = 6;

/**
 * One change at a time to a family of names (`a.mkv` and all that is derived from it), across processes. Whoever changes
 * rows or objects of such names does it here; what an earlier clear left to remove is removed first, so that nothing is
 * removed under a name that is in use again.
 */
export class NameGuard {
  readonly #names: NameStore;
  readonly #objects: Pick<ObjectStore, 'remove'>;
  /** In this process: the last turn of each family, so that turns that wait hold no connection. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #waiting: (() => void)[] = [];
  #free = MAX_AT_ONCE;

  constructor(names: NameStore, objects: Pick<ObjectStore, 'remove'>) {
    this.#names = names;
    this.#objects = objects;
  }

  /** Runs `work` in a transaction that holds the lock. Copies objects before it writes rows: a row makes others wait. */
  async run<T>(ownerId: string, key: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const root = rootOf(key);
    const name = JSON.stringify([ownerId, root]);
    const before = this.#turns.get(name) ?? Promise.resolve();
    const turn = before.then(() =>
      this.#limited(() =>
        this.#names.transaction(async (tx) => {
          await this.#names.lock(tx, ownerId, root);
          await this.#tidy(tx, ownerId, root);
          return work(tx);
        }),
      ),
    );
    const settled = turn.catch(() => undefined);
    this.#turns.set(name, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(name) === settled) this.#turns.delete(name);
    }
  }

  /** Removes what is left to remove under names of that root. */
  async tidy(ownerId: string, root: string): Promise<void> {
    await this.run(ownerId, root, () => Promise.resolve());
  }

  async #tidy(tx: Transaction, ownerId: string, root: string): Promise<void> {
    const garbage = await this.#names.garbage(tx, ownerId, root);
    if (garbage.length === 0) return;
    const inUse = await this.#names.inUse(
      tx,
      ownerId,
      garbage.flatMap((one) => one.keys),
    );
    for (const { bucket, keys } of garbage) {
      await this.#objects.remove(keys.filter((key) => !inUse.has(key)).map((key) => ({ bucket, key })));
    }
    await this.#names.dropGarbage(
      tx,
      garbage.map((one) => one.id),
    );
  }

  async #limited<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((go) => this.#waiting.push(go));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
