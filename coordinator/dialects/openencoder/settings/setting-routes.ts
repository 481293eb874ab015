import { readObject } from '../body.ts';
import type { Context } from '../context.ts';
import { invalid } from '../errors.ts';
import { ok, type Answer, type Request, type Route } from '../routes.ts';
import {
  MASK,
  MAX_VALUE_CHARS,
  SETTING_RULES,
  type SettingName,
  type SettingRule,
  type SettingValues,
} from './setting-names.ts';

/** What is told of a secret that the present keys do not open. It stays as it is when the mask comes back. */
const UNREADABLE = ' It cannot be opened with the present keys (CLIPGRID_SECRET_KEYS): enter it again.';

function view(values: SettingValues, unreadable: ReadonlySet<SettingName>) {
  return SETTING_RULES.map((rule) => {
    const { name, title, description, secure = false }: SettingRule & { name: SettingName } = rule;
    const isLost = unreadable.has(name);
    const value = isLost || (secure && values[name] !== '') ? MASK : values[name];
    return { name, title, value, description: isLost ? description + UNREADABLE : description, secure };
  });
}

function check({ name, words }: SettingRule, value: unknown): string {
  if (typeof value !== 'string') throw invalid(`${name} must be a text`);
  if (value.length > MAX_VALUE_CHARS) throw invalid(`${name} is longer than ${MAX_VALUE_CHARS} characters`);
  if (value.includes('\0') || !value.isWellFormed()) throw invalid(`${name} must be Unicode without NUL`);
  if (name === 'STORAGE_DRIVER' && value === 'ftp')
    throw invalid('STORAGE_DRIVER is "ftp": storage by FTP is not supported here, give s3');
  if (words !== undefined && !words.includes(value))
    throw invalid(
      `${name} is ${JSON.stringify(value.slice(0, 100))}: give one of ${words.map((word) => JSON.stringify(word)).join(', ')}`,
    );
  return value;
}

function changesOf(body: ReadonlyMap<string, unknown>): Map<SettingName, string> {
  const changes = new Map<SettingName, string>();
  for (const rule of SETTING_RULES) {
    const { name, secure }: SettingRule & { name: SettingName } = rule;
    const value = body.get(name.toLowerCase());
    if (value === undefined || value === null) continue;
    const text = check(rule, value);
    if (!(secure && text === MASK)) changes.set(name, text);
  }
  return changes;
}

/** Contract 2.10. */
export function settingRoutes({ options }: Context): Route[] {
  async function put({ ctx }: Request): Promise<Answer> {
    const body = await readObject(ctx);
    if (!SETTING_RULES.some(({ name }) => body.has(name.toLowerCase()))) throw invalid('no setting is given');
    await options.save(changesOf(body));
    return ok({ settings: 'updated' });
  }
  return [
    {
      method: 'GET',
      path: '/settings',
      who: 'admin',
      handle: async () => {
        const { values, unreadable } = await options.read();
        return ok({ settings: view(values, unreadable) });
      },
    },
    { method: 'PUT', path: '/settings', who: 'admin', handle: put },
  ];
}
