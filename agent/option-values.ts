import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { GridError, toGridError } from '../shared/errors.ts';
import type { Setting } from './units.ts';

/** A setting of the agent: `--NAME` and CLIPGRID_NAME; in the file `name`, with _ for -. */
export interface OptionSpec {
  /** As on the command line, without dashes. */
  readonly name: string;
  /** Where it is not CLIPGRID_NAME. */
  readonly env?: string;
  /** Without a value on the command line. */
  readonly isSwitch?: boolean;
  /** Secrets, and what says where the file is. */
  readonly notInFile?: boolean;
}

export interface OptionSources {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Of each setting the strongest word: command line, environment, file. */
export class OptionValues {
  readonly #found: ReadonlyMap<string, Setting>;

  constructor(found: ReadonlyMap<string, Setting>) {
    this.#found = found;
  }

  get(name: string): Setting | undefined {
    return this.#found.get(name);
  }

  text(name: string): string | undefined {
    return this.#found.get(name)?.text;
  }

  /** The file's word where neither the command line nor the environment has one. */
  withFile(file: ReadonlyMap<string, Setting>): OptionValues {
    return new OptionValues(new Map([...file, ...this.#found]));
  }

  /** What `read` makes of it; undefined: nobody said anything. */
  read<T>(name: string, read: (setting: Setting) => T): T | undefined {
    const setting = this.#found.get(name);
    return setting && read(setting);
  }
}

/** Reads command line and environment. `help` asks for nothing else. Throws `invalid_argument` with Node's own words. */
export function readOptions(
  specs: readonly OptionSpec[],
  { args, env }: OptionSources,
): OptionValues | 'help' {
  const options = Object.fromEntries(
    specs.map(({ name, isSwitch }) => [name, { type: isSwitch ? 'boolean' : 'string' } as const]),
  );
  const parsed = (() => {
    try {
      return parseArgs({ args: [...args], options: { ...options, help: { type: 'boolean', short: 'h' } } });
    } catch (cause) {
      const message = `${toGridError(cause).message} (see clipgrid agent --help)`;
      throw new GridError('invalid_argument', message, { cause });
    }
  })();
  const values: Readonly<Record<string, string | boolean | undefined>> = parsed.values;
  if (values['help'] === true) return 'help';
  const found = new Map<string, Setting>();
  for (const { name, env: other } of specs) {
    const variable = other ?? `CLIPGRID_${name.toUpperCase().replaceAll('-', '_')}`;
    const given = values[name];
    const fromEnv = env[variable];
    if (given !== undefined)
      found.set(name, { name: `--${name}`, text: given === true ? 'on' : String(given) });
    else if (fromEnv !== undefined && fromEnv !== '') found.set(name, { name: variable, text: fromEnv });
  }
  return new OptionValues(found);
}

const MAX_FILE_CHARS = 64 * 1024;

function textOf(key: string, value: unknown, file: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(',');
  const message = `${key} in ${file} is ${JSON.stringify(value)?.slice(0, 200)}: give a text, a number, true, false or a list of texts`;
  throw new GridError('invalid_argument', message);
}

/**
 * Reads a file of settings. `mustExist` false: no file is no setting. Throws `invalid_argument` that names the file and
 * what is wrong in it.
 */
export function readOptionFile(
  specs: readonly OptionSpec[],
  { file, mustExist }: { readonly file: string; readonly mustExist: boolean },
): ReadonlyMap<string, Setting> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (!mustExist && cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return new Map();
    const message = `the file of settings ${file} cannot be read: ${toGridError(cause).message}`;
    throw new GridError('invalid_argument', message, { cause });
  }
  let document: unknown;
  try {
    if (text.length > MAX_FILE_CHARS) throw new Error(`it has more than ${MAX_FILE_CHARS} characters`);
    document = JSON.parse(text);
  } catch (cause) {
    throw new GridError('invalid_argument', `${file} is no JSON: ${toGridError(cause).message}`, { cause });
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new GridError('invalid_argument', `${file} must hold one JSON object`);
  const known = new Map(
    specs.filter((spec) => !spec.notInFile).map(({ name }) => [name.replaceAll('-', '_'), name]),
  );
  return new Map(
    Object.entries(document).map(([key, value]) => {
      const name = known.get(key);
      if (name !== undefined) return [name, { name: `${key} in ${file}`, text: textOf(key, value, file) }];
      const all = [...known.keys()].join(', ');
      throw new GridError(
        'invalid_argument',
        `${file} has ${JSON.stringify(key)}, which is no setting: there are ${all}`,
      );
    }),
  );
}
