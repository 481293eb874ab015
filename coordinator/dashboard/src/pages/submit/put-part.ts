export interface PutPart {
  readonly url: string;
  readonly body: Blob;
  readonly signal: AbortSignal;
  /** Bytes of it that have been sent so far. */
  onSent(bytes: number): void;
}

/** What became of a PUT: `status` 0 is a connection that failed. */
export class PutError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(status === 0 ? 'the connection broke' : `the store answered ${status}`);
    this.name = 'PutError';
    this.status = status;
  }
}

/** Sends bytes to a signed URL. Throws `PutError`; fetch tells nothing of bytes on their way, so this is the older request. */
export function putPart({ url, body, signal, onSent }: PutPart): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = (): void => reject(new PutError(request.status));
    request.upload.addEventListener('progress', ({ loaded }) => onSent(loaded));
    request.addEventListener('load', () => (request.status < 300 ? resolve() : fail()));
    request.addEventListener('error', fail);
    request.addEventListener('abort', fail);
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.open('PUT', url);
    request.send(body);
  });
}
