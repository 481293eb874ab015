import { sql, type RawBuilder } from 'kysely';
import {
  ALL_KINDS,
  CLOSE_KINDS,
  COUNTED_KINDS,
  FILE_KINDS,
  FIRST_KINDS,
  LONE_KINDS,
  PART_KINDS,
} from '../../domain/task-kinds.ts';
import type { TaskKind } from '../../domain/task.ts';

/** Kinds of tasks as literals: the planner of a statement sees them. They are the program's own words. */
function list(kinds: readonly TaskKind[]): RawBuilder<unknown> {
  return sql.join(kinds.map((kind) => sql.lit(kind)));
}

/** For `kind in (...)`; what each set is: domain/task-kinds.ts. */
export const FIRST = list(FIRST_KINDS);
export const PARTS = list(PART_KINDS);
export const CLOSE = list(CLOSE_KINDS);
export const COUNTED = list(COUNTED_KINDS);
export const WITH_FILES = list(FILE_KINDS);
export const LONE = list(LONE_KINDS);
/** For `array[...]`: all of them, in the order in which people see them. */
export const IN_ORDER = list(ALL_KINDS);
