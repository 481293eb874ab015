import { sql, type RawBuilder } from 'kysely';

/** Every artifact that a task `t` names, of its parts too, as rows of JSON. */
export const ARTIFACTS: RawBuilder<unknown> = sql`
  jsonb_array_elements(coalesce(t.output->'artifacts', '[]') || jsonb_path_query_array(t.parts, '$[*].artifact'))`;
