import type { Kysely } from 'kysely';
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

  /** All 18, fresh ones too. */
  async all(): Promise<SettingValues> {
    const rows = await this.#db.selectFrom('openencoder_settings').select(['name', 'value']).execute();
    const stored = new Map(rows.map(({ name, value }) => [name, value]));
    const valueOf = ({ name, secure, fresh }: SettingRule): string => {
      const value = stored.get(name) ?? fresh ?? '';
      return secure && value !== '' ? this.#secrets.open(value, purposeOf(name)) : value;
    };
    return Object.fromEntries(SETTING_RULES.map((rule) => [rule.name, valueOf(rule)])) as SettingValues;
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
