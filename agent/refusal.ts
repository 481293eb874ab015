import { GridError, isErrorCode } from '../shared/errors.ts';

/** A stale lease is nobody's failure; whatever else the coordinator refuses is one of this attempt, with its reason. */
export function refusal(error: string): GridError {
  const [, code = '', message = error] = /^(\w+): (.*)$/s.exec(error) ?? [];
  if (!isErrorCode(code) || code === 'stale_lease') return new GridError('lost_lease', `refused: ${error}`);
  return new GridError(code, `the coordinator refused the result: ${message}`);
}
