import { GridError } from '../shared/errors.ts';

/** Readers of settings. Each throws `invalid_argument` that names the setting, its value and what is wanted. */

export interface Setting {
  /** As its reader wrote it: `--memory`, `CLIPGRID_MEMORY`, or `memory in agent.json`. */
  readonly name: string;
  readonly text: string;
}

function refuse({ name, text }: Setting, rule: string): GridError {
  return new GridError('invalid_argument', `${name} is ${JSON.stringify(text.slice(0, 200))}: ${rule}`);
}

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

function amountOf(text: string): number | undefined {
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim()) ?? [];
  const factor = BYTES[unit.toUpperCase()];
  const value = factor === undefined ? 0 : Math.round(Number(count) * factor);
  return value >= 1 && Number.isSafeInteger(value) ? value : undefined;
}

/** `8GB`, `500 MiB`. */
export function bytesOf(setting: Setting): number {
  const value = amountOf(setting.text);
  if (value === undefined) throw refuse(setting, 'give an amount such as 8GB or 500MiB');
  return value;
}

/** Slower, one chunk would take so long that a transfer counts as broken. */
const LEAST_RATE = 16_000;

/** `20MB/s`, in bytes a second. */
export function rateOf(setting: Setting): number {
  const text = setting.text.trim();
  const value = text.endsWith('/s') ? amountOf(text.slice(0, -2)) : undefined;
  if (value === undefined || value < LEAST_RATE)
    throw refuse(setting, 'give a rate such as 20MB/s, at least 16kB/s');
  return value;
}

/** `25%`, as a share of 1; `off` is undefined. */
export function shareOf(setting: Setting): number | undefined {
  if (setting.text === 'off') return undefined;
  const value = Number(/^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(setting.text.trim())?.[1] ?? 0);
  if (value < 1 || value > 100) throw refuse(setting, 'give per cent from 1% to 100%, or off');
  return value / 100;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `90s`, `10m`, `2h`, in milliseconds; at most a day. */
export function timeOf(setting: Setting): number {
  const [, count = '', unit = ''] = /^(\d+)\s*([smh])$/.exec(setting.text.trim()) ?? [];
  const seconds = Number(count) * (SECONDS[unit] ?? Number.NaN);
  if (count === '' || !(seconds <= 24 * 3600)) throw refuse(setting, 'give a time such as 90s, 10m or 2h');
  return seconds * 1000;
}

/** A whole number from `least` to `most`. */
export function countOf(setting: Setting, least: number, most: number): number {
  const value = Number(setting.text);
  if (!/^\d+$/.test(setting.text.trim()) || value < least || value > most)
    throw refuse(setting, `give a whole number from ${least} to ${most}`);
  return value;
}

/** `on` or `off`, also as a program would write them. */
export function switchOf(setting: Setting): boolean {
  if (['on', 'true', 'yes', '1'].includes(setting.text)) return true;
  if (['off', 'false', 'no', '0'].includes(setting.text)) return false;
  throw refuse(setting, 'give on or off');
}

/** Names of programs with commas between, in lower case. */
export function namesOf(setting: Setting): string[] {
  const names = setting.text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const wrong = names.find((name) => name.length > 100 || name.includes('/'));
  if (wrong !== undefined || names.length > 100)
    throw refuse(setting, 'give names of programs such as "blender, steam", without folders');
  return names;
}
