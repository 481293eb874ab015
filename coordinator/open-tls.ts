import { createPrivateKey, X509Certificate } from 'node:crypto';
import { GridError } from '../shared/errors.ts';
import { readCertificates, readPrivateKey } from '../shared/pem-file.ts';
import type { RpcTls } from './rpc/server.ts';
import type { TlsSettings } from './settings.ts';

/** Reads the files of the settings; each mistake names its variable and file. */
export function openTls({ certFile, keyFile, clientCaFile }: TlsSettings): RpcTls {
  const cert = readCertificates('CLIPGRID_TLS_CERT', certFile);
  const key = readPrivateKey('CLIPGRID_TLS_KEY', keyFile);
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    const message = `CLIPGRID_TLS_KEY is ${JSON.stringify(keyFile)}: it is not the key of ${certFile}`;
    throw new GridError('invalid_argument', message, { details: { field: 'CLIPGRID_TLS_KEY' } });
  }
  return {
    cert,
    key,
    ...(clientCaFile ? { clientCa: readCertificates('CLIPGRID_TLS_CLIENT_CA', clientCaFile) } : {}),
  };
}
