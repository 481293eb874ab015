import type { Context } from 'koa';
import { GridError } from '../../../shared/errors.ts';
import { decodeUtf8, readBytes } from '../../http/read-body.ts';
import { invalid, OpenencoderError } from './errors.ts';

const MAX_BODY_BYTES = 1024 * 1024;

interface Field {
  readonly name: string;
  readonly type: 'text' | 'integer' | 'flag';
  /** An empty text and 0 count as missing; a flag is there when it is true or false. */
  readonly required?: boolean;
}

/** What a request must look like. `name` is how messages call it. */
export interface Shape {
  readonly name: string;
  readonly fields: readonly Field[];
  /** No body at all is one without fields. */
  readonly mayBeEmpty?: boolean;
}

/** A checked body. */
export interface Values {
  /** Empty when absent. */
  text(name: string): string;
  /** 0 when absent. */
  integer(name: string): number;
  /** Undefined when absent. */
  flag(name: string): boolean | undefined;
}

/** A request's bytes as text; too many are 413. */
export async function readText(ctx: Context): Promise<string> {
  try {
    return decodeUtf8(await readBytes(ctx, MAX_BODY_BYTES));
  } catch (error) {
    if (!(error instanceof GridError) || error.code === 'internal') throw error;
    const status = error.code === 'too_large' ? 413 : 400;
    throw new OpenencoderError(status, { error: error.message });
  }
}

/** A JSON object, whatever the Content-Type says. Its keys match in any case; of equal ones the last counts. */
export async function readObject(ctx: Context): Promise<ReadonlyMap<string, unknown>> {
  return objectOf(await readText(ctx));
}

/** As `readObject`, of a text. */
export function objectOf(text: string): ReadonlyMap<string, unknown> {
  if (text.trim() === '') throw invalid('EOF');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : 'the body is no JSON');
  }
  if (typeof json !== 'object' || Array.isArray(json))
    throw invalid(`json: cannot unmarshal ${Array.isArray(json) ? 'array' : typeof json} into Go value`);
  return new Map(Object.entries(json ?? {}).map(([key, value]) => [key.toLowerCase(), value as unknown]));
}

/** Reads and checks a JSON body: types first, then what is missing, a line each. */
export async function readBody(ctx: Context, shape: Shape): Promise<Values> {
  const text = await readText(ctx);
  return bind(text === '' && shape.mayBeEmpty ? new Map() : objectOf(text), shape);
}

export function bind(object: ReadonlyMap<string, unknown>, shape: Shape): Values {
  const value = (name: string): unknown => object.get(name.toLowerCase()) ?? undefined;
  for (const field of shape.fields) checkType(shape, field, value(field.name));
  const missing = shape.fields.filter(({ name, required }) => required && isMissing(value(name)));
  if (missing.length > 0) throw invalid(missing.map((field) => missingLine(shape, field)).join('\n'));
  return {
    text: (name) => (value(name) as string | undefined) ?? '',
    integer: (name) => (value(name) as number | undefined) ?? 0,
    flag: (name) => value(name) as boolean | undefined,
  };
}

const JS_TYPES = { text: 'string', integer: 'number', flag: 'boolean' } as const;
const GO_TYPES = { text: 'string', integer: 'int', flag: 'bool' } as const;

function checkType(shape: Shape, { name, type }: Field, value: unknown): void {
  if (value === undefined) return;
  const fits = typeof value === JS_TYPES[type] && (type !== 'integer' || Number.isSafeInteger(value));
  const kind = Array.isArray(value) ? 'array' : typeof value;
  if (!fits)
    throw invalid(
      `json: cannot unmarshal ${kind} into Go struct field ${shape.name}.${name} of type ${GO_TYPES[type]}`,
    );
  // PostgreSQL keeps neither.
  if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
    throw invalid(`${name} is not valid: it must be Unicode without NUL`);
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === '' || value === 0;
}

function missingLine(shape: Shape, { name }: Field): string {
  const go = name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return `Key: '${shape.name}.${go}' Error:Field validation for '${go}' failed on the 'required' tag`;
}
