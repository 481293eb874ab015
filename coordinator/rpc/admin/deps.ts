import { GridError } from '../../../shared/errors.ts';
import type { DialectDetails } from '../../grid/dialect-details.ts';
import type { Grid } from '../../grid/face.ts';
import type { CallDeps } from '../rpc-service.ts';

export interface AdminDeps extends CallDeps {
  readonly grid: Grid;
  readonly dialectDetails: DialectDetails;
}

const MAX_SHOWN_CHARS = 200;

/** A field of a request that cannot be: the message names it, its value and the rule. */
export function invalidField(field: string, value: unknown, rule: string): GridError {
  const shown = typeof value === 'string' ? value.slice(0, MAX_SHOWN_CHARS) : value;
  return new GridError('invalid_argument', `${field} is ${JSON.stringify(shown)}: ${rule}`, {
    details: { field, value: shown },
  });
}
