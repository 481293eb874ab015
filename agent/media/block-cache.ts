/** Blocks of immutable objects, bounded in bytes; the least recently used go first. Concurrent asks share one fetch. */
export interface BlockCache {
  get(key: string, fetchBlock: () => Promise<Buffer>): Promise<Buffer>;
}

export function createBlockCache(limitBytes: number): BlockCache {
  const blocks = new Map<string, Buffer>();
  const inFlight = new Map<string, Promise<Buffer>>();
  let bytes = 0;

  function keep(key: string, block: Buffer): void {
    if (blocks.has(key)) return;
    blocks.set(key, block);
    bytes += block.length;
    for (const [oldest, old] of blocks) {
      if (bytes <= limitBytes) break;
      blocks.delete(oldest);
      bytes -= old.length;
    }
  }

  return {
    async get(key, fetchBlock) {
      const found = blocks.get(key);
      if (found !== undefined) {
        blocks.delete(key);
        blocks.set(key, found);
        return found;
      }
      const running = inFlight.get(key);
      if (running !== undefined) {
        // The other one's abort must not fail this reader: it then fetches by itself.
        const shared = await running.catch(() => undefined);
        if (shared !== undefined) return shared;
      }
      const started = fetchBlock();
      inFlight.set(key, started);
      try {
        const block = await started;
        keep(key, block);
        return block;
      } finally {
        if (inFlight.get(key) === started) inFlight.delete(key);
      }
    },
  };
}
