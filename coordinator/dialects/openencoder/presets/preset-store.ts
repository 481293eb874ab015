import type { Generated, Kysely, Selectable } from 'kysely';
import type { Db, Transaction } from '../../../store/transaction.ts';
import type { Slice } from '../paging.ts';

type PresetsTable = {
  preset_id: Generated<number>;
  name: string;
  description: string;
  data: string;
  output: string;
  active: boolean;
};

type Tables = { openencoder_presets: PresetsTable };

export type PresetRow = Selectable<PresetsTable>;
export type PresetInput = Omit<PresetRow, 'preset_id'>;

/** PostgreSQL's code of a name that is taken. */
const UNIQUE_VIOLATION = '23505';

function tables(db: Db | Transaction): Kysely<Tables> {
  return db.withTables<Tables>() as unknown as Kysely<Tables>;
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === UNIQUE_VIOLATION;
}

/** Presets by id and name. */
export class PresetStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  byId(id: number): Promise<PresetRow | undefined> {
    return tables(this.#db)
      .selectFrom('openencoder_presets')
      .selectAll()
      .where('preset_id', '=', id)
      .executeTakeFirst();
  }

  byName(name: string): Promise<PresetRow | undefined> {
    return tables(this.#db)
      .selectFrom('openencoder_presets')
      .selectAll()
      .where('name', '=', name)
      .executeTakeFirst();
  }

  async count(): Promise<number> {
    const { count } = await tables(this.#db)
      .selectFrom('openencoder_presets')
      .select((eb) => eb.fn.countAll<string>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /** Newest first. */
  list({ limit, offset }: Slice): Promise<PresetRow[]> {
    return tables(this.#db)
      .selectFrom('openencoder_presets')
      .selectAll()
      .orderBy('preset_id', 'desc')
      .limit(limit)
      .offset(offset)
      .execute();
  }

  /** Undefined: the name is taken. */
  async create(input: PresetInput): Promise<PresetRow | undefined> {
    // Asked first: a refused insert would use up an id.
    if ((await this.byName(input.name)) !== undefined) return undefined;
    return tables(this.#db)
      .insertInto('openencoder_presets')
      .values(input)
      .onConflict((conflict) => conflict.column('name').doNothing())
      .returningAll()
      .executeTakeFirst();
  }

  /** Every field; `taken`: another one has the name; undefined: there is none of that id. */
  async update(id: number, input: PresetInput): Promise<PresetRow | 'taken' | undefined> {
    try {
      return await tables(this.#db)
        .updateTable('openencoder_presets')
        .set(input)
        .where('preset_id', '=', id)
        .returningAll()
        .executeTakeFirst();
    } catch (error) {
      if (isTaken(error)) return 'taken';
      throw error;
    }
  }
}
