import { destination, pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

/** Structured log, one JSON object a line. Child loggers carry job, task, lease and agent ids. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

const SECRETS = [
  'token',
  'authorization',
  '*.token',
  '*.authorization',
  'url',
  '*.url',
  'password',
  'secret',
];

function wrap(inner: PinoLogger): Logger {
  return {
    debug: (fields, message) => inner.debug(fields, message),
    info: (fields, message) => inner.info(fields, message),
    warn: (fields, message) => inner.warn(fields, message),
    error: (fields, message) => inner.error(fields, message),
    child: (fields) => wrap(inner.child(fields)),
  };
}

/** A logger that writes to standard error, or to `out`. `level` is one of pino's: debug, info, warn, error, silent. */
export function createLogger(
  level: string,
  base: Readonly<Record<string, unknown>> = {},
  out: DestinationStream = destination({ dest: 2, sync: false }),
): Logger {
  return wrap(pino({ level, base, redact: SECRETS }, out));
}

const nothing = (): void => undefined;

/** Says nothing; for tests and libraries. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};
