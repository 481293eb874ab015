import type { Kysely } from 'kysely';
import { GridError } from '../../../../shared/errors.ts';
import type { SecretsFace } from '../../../grid/face.ts';
import type { Db } from '../../../store/transaction.ts';
import { SETTING_RULES, type SettingName, type SettingRule, type SettingValues } from './setting-names.ts';

type Tables = {
  openencoder_settings: { name: string; value: string };
};

/** The settings that an administrator edits. Secrets lie sealed in the database. */
export class SettingStore {
  readonly #db: Kysely<Tables>;
  readonly #secrets: SecretsFace;

  constructor(db: Db, secrets: SecretsFace) {
    this.#db = db.withTables<Tables>() as unknown as Kysely<Tables>;
    this.#secrets = secrets;
  }

  /** All 18, fresh ones too. A secret that cannot be opened counts as empty: it is no reason to tell none of the others. */
  async all(): Promise<SettingValues> {
    return (await this.read()).values;
  }

  /** As `all`, and which secrets the present keys do not open. */
  async read(): Promise<{ values: SettingValues; unreadable: ReadonlySet<SettingName> }> {
    const rows = await this.#db.selectFrom('openencoder_settings').select(['name', 'value']).execute();
    const stored = new Map(rows.map(({ name, value }) => [name, value]));
    const unreadable = new Set<SettingName>();
    const valueOf = ({ name, secure, fresh }: SettingRule & { name: SettingName }): string => {
      const value = stored.get(name) ?? fresh ?? '';
      if (!secure || value === '') return value;
      try {
        return this.#secrets.open(value, purposeOf(name));
      } catch (error) {
        if (!(error instanceof GridError)) throw error;
        unreadable.add(name);
        return '';
      }
    };
    const values = Object.fromEntries(SETTING_RULES.map((rule) => [rule.name, valueOf(rule)]));
    return { values: values as SettingValues, unreadable };
  }

  /** Those that are not named keep their value. */
  async save(changes: ReadonlyMap<SettingName, string>): Promise<void> {
    if (changes.size === 0) return;
    const rows = [...changes].map(([name, value]) => ({ name, value: this.#stored(name, value) }));
    await this.#db
      .insertInto('openencoder_settings')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('name').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      )
      .execute();
  }

  #stored(name: SettingName, value: string): string {
    const rule: SettingRule | undefined = SETTING_RULES.find((one) => one.name === name);
    return rule?.secure && value !== '' ? this.#secrets.seal(value, purposeOf(name)) : value;
  }
}

function purposeOf(name: string): string {
  return `openencoder/settings/${name}`;
}
