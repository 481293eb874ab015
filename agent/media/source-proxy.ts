import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../shared/clock.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { ObjectInput } from '../../shared/gen/clipgrid/v1/task.ts';
import type { IdSource } from '../../shared/ids.ts';
import { createBlockCache, type BlockCache } from './block-cache.ts';
import { parseRange } from './byte-range.ts';
import type { RateLimit } from '../rate-limit.ts';
import type { DiskCache } from './disk-cache.ts';
import { downloadObject } from './download.ts';
import type { SourceAccess } from './source-access.ts';
import { fetchRange, type ByteRange } from './upstream.ts';

/** Bytes of one cached block: what a reader that stops early wastes, at most. */
const BLOCK_BYTES = 256 * 1024;
/** Bytes asked for at once, and held in memory, where what is read is known beforehand. */
const PIECE_BYTES = 4 * 1024 * 1024;

export interface SourceProxyOptions {
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Bound of all cached blocks together. Default 64 MiB. */
  readonly cacheBytes?: number;
  /** What is fetched is kept there, too. */
  readonly disk?: DiskCache | undefined;
  /** Of all downloads together. */
  readonly limit?: RateLimit | undefined;
}

/** Source access of one agent process; `close` ends its loopback server. */
export interface SourceProxy extends SourceAccess {
  close(): Promise<void>;
}

interface Opened {
  readonly input: ObjectInput;
  readonly signal: AbortSignal;
  fetched: number;
  failure: GridError | undefined;
}

const unguessableBytes = 24;

/** Serves one object's bytes to a tool. Opens of one cache key share their cached blocks. */
class RangeServer {
  readonly opened = new Map<string, Opened>();
  readonly #cache: BlockCache;
  readonly #clock: Clock;
  readonly #disk: DiskCache | undefined;
  readonly #limit: RateLimit | undefined;

  constructor(options: SourceProxyOptions) {
    this.#cache = createBlockCache(options.cacheBytes ?? 64 * 1024 * 1024);
    this.#clock = options.clock;
    this.#disk = options.disk;
    this.#limit = options.limit;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const source = this.opened.get(request.url ?? '');
    if (source === undefined) return void response.writeHead(404).end();
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
    const size = source.input.sizeBytes;
    const range = parseRange(request.headers.range, size);
    if (range === undefined)
      return void response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    response.writeHead(request.headers.range === undefined ? 200 : 206, {
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      'content-length': range.end - range.start,
      ...(request.headers.range === undefined
        ? {}
        : { 'content-range': `bytes ${range.start}-${range.end - 1}/${size}` }),
    });
    if (request.method === 'HEAD') return void response.end();
    try {
      await pipeline(Readable.from(this.blocks(source, range)), response);
    } catch (thrown) {
      // A reader that has enough hangs up; that is no failure.
      if (isHangUp(thrown)) return;
      // The head is out: a cut connection is the only way left to say that it failed.
      source.failure ??= toGridError(thrown);
    }
  }

  async #block(source: Opened, number: number): Promise<Buffer> {
    const start = number * BLOCK_BYTES;
    const end = Math.min(start + BLOCK_BYTES, source.input.sizeBytes);
    return this.#cache.get(`${source.input.cacheKey}:${source.input.sizeBytes}:${number}`, () =>
      this.#fetch(source, { start, end }),
    );
  }

  /** A range from the disk, else over the network. */
  #fetch(source: Opened, { start, end }: ByteRange): Promise<Buffer> {
    const { input, signal } = source;
    const onBytes = (count: number): void => void (source.fetched += count);
    const overNetwork = (): Promise<Buffer> =>
      fetchRange(this.#clock, input, { start, end, signal, onBytes, limit: this.#limit });
    if (this.#disk === undefined) return overNetwork();
    return this.#disk.get(`${input.cacheKey}:${input.sizeBytes}:${start}-${end}`, overNetwork);
  }

  /** A range out of cached blocks. */
  async *blocks(source: Opened, range: ByteRange): AsyncGenerator<Uint8Array> {
    for (let at = range.start; at < range.end;) {
      const number = Math.floor(at / BLOCK_BYTES);
      const bytes = await this.#block(source, number);
      const from = at - number * BLOCK_BYTES;
      const to = Math.min(bytes.length, range.end - number * BLOCK_BYTES);
      yield bytes.subarray(from, to);
      at += to - from;
    }
  }

  /** Exactly a range, of which nobody else is expected to want anything. */
  async *pieces(source: Opened, range: ByteRange): AsyncGenerator<Uint8Array> {
    for (let start = range.start; start < range.end; start += PIECE_BYTES) {
      const end = Math.min(range.end, start + PIECE_BYTES);
      yield await this.#fetch(source, { start, end });
    }
  }
}

/**
 * Serves objects to tools on 127.0.0.1 under a path nobody can guess, block by block, so that a tool's seek costs the
 * blocks it reads and no more. Blocks are shared by all opens of one cache key: headers and seek tables come once.
 */
export async function startSourceProxy(options: SourceProxyOptions): Promise<SourceProxy> {
  const ranges = new RangeServer(options);
  const server = createServer((request, response) => {
    response.on('error', () => response.destroy());
    void ranges.answer(request, response);
  });
  const port = await listen(server);
  server.unref();
  return {
    async open(input, signal) {
      if (signal.aborted) throw new GridError('cancelled', 'opening the object was cancelled');
      const path = `/${options.ids.secret(unguessableBytes)}`;
      const ended = new AbortController();
      const ends = AbortSignal.any([signal, ended.signal]);
      const source: Opened = { input, signal: ends, fetched: 0, failure: undefined };
      ranges.opened.set(path, source);
      return {
        url: `http://127.0.0.1:${port}${path}`,
        sizeBytes: input.sizeBytes,
        read: (range, how = {}) => (how.cached ? ranges.blocks(source, range) : ranges.pieces(source, range)),
        fetchedBytes: () => source.fetched,
        failure: () => source.failure,
        async close() {
          ranges.opened.delete(path);
          ended.abort();
        },
      };
    },
    async download(input, path, signal) {
      await downloadObject(options.clock, input, { path, signal, limit: options.limit });
    },
    async close() {
      ranges.opened.clear();
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isHangUp(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
