import { STATUS_CODES } from 'node:http';

/** A whole HTTP answer with problem details, for what never reaches a handler. */
export function problemMessage(status: number, code: string, detail: string): string {
  const type = `urn:clipgrid:error:${code}`;
  const body = JSON.stringify({ type, title: code.replaceAll('_', ' '), status, detail, code });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
