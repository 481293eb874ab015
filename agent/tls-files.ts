import { GridError } from '../shared/errors.ts';
import { readCertificates, readPrivateKey } from '../shared/pem-file.ts';
import type { AgentTls } from './config.ts';

export interface TlsOptions {
  /** A file, or `system`. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** What the options say of TLS; undefined: plain text. */
export function readAgentTls({ ca, cert, key }: TlsOptions): AgentTls | undefined {
  if (Boolean(cert) !== Boolean(key)) {
    const missing = cert ? '--key' : '--cert';
    throw new GridError('invalid_argument', `${missing} is missing: a certificate and its key go together`);
  }
  if (!ca && cert) {
    const why = 'a certificate of this machine is of use with TLS only';
    throw new GridError('invalid_argument', `--ca is missing: ${why}; give a file, or system`);
  }
  if (!ca) return undefined;
  return {
    ...(ca === 'system' ? {} : { ca: readCertificates('--ca', ca) }),
    ...(cert && key
      ? { client: { cert: readCertificates('--cert', cert), key: readPrivateKey('--key', key) } }
      : {}),
  };
}
