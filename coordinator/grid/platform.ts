import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** What the grid leaves to the platform, which answers when it likes. A simulation brings its own. */
export interface Platform {
  /** Calls `fn` once, in the next turn of the event loop. */
  nextTurn(fn: () => void): void;
  /** Rejects when the bytes are no gzip, or would be more than `maxBytes`. */
  gunzip(bytes: Buffer, maxBytes: number): Promise<Buffer>;
}

const unpack = promisify(gunzip);

export const systemPlatform: Platform = {
  nextTurn: (fn) => void setImmediate(fn),
  gunzip: (bytes, maxOutputLength) => unpack(bytes, { maxOutputLength }),
};
