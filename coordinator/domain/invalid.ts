import type { z, ZodError } from 'zod';
import { GridError } from '../../shared/errors.ts';

/** One thing that is wrong with a request. */
export interface FieldProblem {
  readonly field: string;
  readonly value?: unknown;
  readonly message: string;
}

const MAX_SHOWN_CHARS = 200;

/** A value as far as it helps to see it. */
export function shown(value: unknown): unknown {
  const text = typeof value === 'string' ? value : textOf(value);
  if (text === undefined || text.length <= MAX_SHOWN_CHARS) return value;
  return `${text.slice(0, MAX_SHOWN_CHARS)}...`;
}

/** Nested deeper than the stack: nobody wants to see it. */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return '?'.repeat(MAX_SHOWN_CHARS + 1);
  }
}

type Issue = ZodError['issues'][number];

/** The field as far as the input goes: `state.1` of a text that was split is `state`. */
function located(issue: Issue, input: unknown): Pick<FieldProblem, 'field' | 'value'> {
  let value = input;
  const path: string[] = [];
  for (const key of issue.path) {
    if (typeof value !== 'object' || value === null) break;
    value = (value as Record<PropertyKey, unknown>)[key];
    path.push(String(key));
  }
  return { field: path.join('.') || '(the body)', value: shown(value) };
}

function problemsOf(issue: Issue, input: unknown): FieldProblem[] {
  const { field, value } = located(issue, input);
  if (issue.code !== 'unrecognized_keys') return [{ field, value, message: issue.message }];
  return issue.keys.map((key) => ({
    field: issue.path.length === 0 ? key : `${field}.${key}`,
    value: shown((value as Record<string, unknown> | undefined)?.[key]),
    message: 'there is no such field',
  }));
}

/** A failed validation as one error that names each field and its value. */
export function invalid(error: ZodError, input: unknown): GridError {
  const errors = error.issues.flatMap((issue) => problemsOf(issue, input));
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const value = first?.value === undefined ? 'missing' : JSON.stringify(first.value);
  return new GridError('invalid_argument', `${first?.field} is ${value}: ${first?.message}${more}`, {
    details: { errors },
  });
}

/** A request by its schema; throws what is wrong with each field. */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw invalid(parsed.error, input);
  return parsed.data;
}
