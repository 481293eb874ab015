interface FailureBody {
  readonly message?: string;
  readonly error?: string;
  readonly status?: number;
  readonly code?: number;
}

/** A failure as this dialect tells it: a status, a JSON body and perhaps headers. */
export class OpenencoderError extends Error {
  override readonly name = 'OpenencoderError';
  readonly status: number;
  readonly body: FailureBody;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: FailureBody, headers: Readonly<Record<string, string>> = {}) {
    super(body.message ?? body.error ?? String(status));
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** 400 `{"error": text}`. */
export function invalid(text: string): OpenencoderError {
  return new OpenencoderError(400, { error: text });
}

/** The shape of most failures: the status is repeated in the body. */
export function failure(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): OpenencoderError {
  return new OpenencoderError(status, { message, status }, headers);
}

/** 404 for an id of which there is nothing. */
export function unknown(what: 'Job' | 'Preset' | 'User'): OpenencoderError {
  return failure(404, `${what} does not exist`);
}

/** The role may not call this route: 401 and never 403, as clients of the reference expect. */
export function wrongRole(): OpenencoderError {
  return new OpenencoderError(401, { message: 'unauthorized' });
}

/** The shape of everything around tokens and passwords: `code` in the body. */
export function coded(
  code: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): OpenencoderError {
  return new OpenencoderError(code, { code, message }, headers);
}

/** 401 of a token, or of a login. */
export function tokenRefused(message: string, code = 401): OpenencoderError {
  return coded(code, message, { 'WWW-Authenticate': 'JWT realm=openencoder' });
}
