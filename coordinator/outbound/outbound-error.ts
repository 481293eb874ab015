import { GridError } from '../../shared/errors.ts';

/** TLS says its reasons in codes such as CERT_HAS_EXPIRED, UNABLE_TO_VERIFY_LEAF_SIGNATURE, ERR_TLS_CERT_ALTNAME_INVALID. */
const UNSAFE = /CERT|TLS|SSL|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME/;

/** What went wrong on the way to `origin`, in words that hold nothing else of its address. */
export function toOutboundError(thrown: unknown, origin: string): GridError {
  if (thrown instanceof GridError) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const options = { cause: thrown, details: { reason: code } };
  if (/^E(NOTFOUND|AI_AGAIN|NODATA)/.test(code))
    return new GridError('unavailable', `${origin}: the name cannot be resolved (${code})`, options);
  if (code.startsWith('HPE_'))
    return new GridError('unprocessable', `${origin} does not answer in HTTP (${code})`, options);
  if (UNSAFE.test(code))
    return new GridError('permission_denied', `${origin} is not who it says it is (${code})`, options);
  return new GridError('unavailable', `${origin} does not answer (${code || String(thrown)})`, options);
}
