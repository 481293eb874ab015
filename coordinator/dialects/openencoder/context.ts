import type { DialectParts } from '../dialect.ts';
import type { Callers } from './accounts/callers.ts';
import type { FormerNames } from './accounts/former-names.ts';
import type { Tokens } from './accounts/tokens.ts';
import type { JobStore } from './jobs/job-store.ts';
import type { Machines } from './machines/context.ts';
import type { Lifecycle } from './jobs/lifecycle.ts';
import type { Notices } from './jobs/notices.ts';
import type { PresetStore } from './presets/preset-store.ts';
import type { OpenencoderSettings } from './settings.ts';
import type { SettingStore } from './settings/setting-store.ts';

/** What the handlers share. */
export interface Context {
  readonly parts: DialectParts;
  readonly settings: OpenencoderSettings;
  readonly callers: Callers;
  readonly tokens: Tokens;
  readonly formerNames: FormerNames;
  readonly presets: PresetStore;
  readonly jobs: JobStore;
  readonly lifecycle: Lifecycle;
  readonly notices: Notices;
  /** What an administrator edits; `settings` is what the operator of the process gave. */
  readonly options: SettingStore;
  readonly machines: Machines;
}
