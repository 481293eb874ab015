import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/** From now on this process trusts certificates of this CA (PEM), beside those that it trusted before. */
export function trustCa(pem: Buffer): void {
  setDefaultCACertificates([...getCACertificates('default'), pem.toString('utf8')]);
}
