import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { ERROR_CODE_KEY, ERROR_CODES, toGridError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';

/** Trailers travel as headers, of which clients take few KiB. */
const MAX_DETAILS_CHARS = 1_500;

/** Any error as gRPC sends it: status by the table of codes, the message, the code in the trailers. */
export function toStatus(thrown: unknown): StatusObject {
  const error = toGridError(thrown);
  const metadata = new Metadata();
  metadata.set(ERROR_CODE_KEY, error.code);
  // Half a surrogate pair cannot be sent.
  const details = error.message.slice(0, MAX_DETAILS_CHARS).toWellFormed();
  return { code: ERROR_CODES[error.code].grpc, details, metadata };
}

/** The same, written to the log first. What went wrong inside is told to the log only. */
export function reportStatus(logger: Logger, method: string, thrown: unknown): StatusObject {
  const error = toGridError(thrown);
  const internal = error.code === 'internal';
  const fields = { method, code: error.code, error: error.message };
  logger[ERROR_CODES[error.code].level](
    internal ? { ...fields, stack: error.cause ?? error.stack } : fields,
    'a call failed',
  );
  const status = toStatus(error);
  return internal
    ? {
        ...status,
        details: 'something went wrong here, not with your call; the log of the coordinator tells',
      }
    : status;
}
