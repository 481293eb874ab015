import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GridError, toGridError } from './errors.ts';

function refuse(setting: string, file: string, cause: unknown): never {
  const message = `${setting} is ${JSON.stringify(file)}: ${toGridError(cause).message}`;
  throw new GridError('invalid_argument', message, { details: { field: setting, value: file }, cause });
}

/** A file of PEM certificates, read and looked at; an error names the setting and the file. */
export function readCertificates(setting: string, file: string): Buffer {
  try {
    const pem = readFileSync(file);
    void new X509Certificate(pem);
    return pem;
  } catch (cause) {
    refuse(setting, file, cause);
  }
}

/** A file with a PEM private key, the same way; nothing of it is ever in an error. */
export function readPrivateKey(setting: string, file: string): Buffer {
  let pem: Buffer;
  try {
    pem = readFileSync(file);
  } catch (cause) {
    refuse(setting, file, cause);
  }
  try {
    createPrivateKey(pem);
    return pem;
  } catch {
    return refuse(setting, file, new GridError('invalid_argument', 'it holds no private key in PEM'));
  }
}
