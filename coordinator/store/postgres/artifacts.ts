import { sql, type RawBuilder } from 'kysely';
import { THUMBNAIL } from '../../domain/task-kinds.ts';
import { FILE_PREFIX } from '../../../shared/file-names.ts';

/** Every artifact that a task `t` names, of its parts too, as rows of JSON. */
export const ARTIFACTS: RawBuilder<unknown> = sql`
  jsonb_array_elements(coalesce(t.output->'artifacts', '[]') || jsonb_path_query_array(t.parts, '$[*].artifact'))`;

/** Whether a row of `ARTIFACTS` is a file that a command named: it stays until its job is removed. */
export function isFile(artifact: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`starts_with(${artifact}->>'name', ${sql.lit(FILE_PREFIX)})`;
}

/** Whether it outlives the collection of its job: a file, or a clip's picture. */
export function isKept(artifact: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`(${isFile(artifact)} or ${artifact}->>'name' = ${sql.lit(THUMBNAIL)})`;
}
