import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './ports.ts';

/** `up`: from who connects to who listens. */
export type Way = 'up' | 'down';

interface Kept {
  readonly to: Socket;
  readonly way: Way;
  /** Undefined: the other side has closed. */
  readonly bytes: Buffer | undefined;
}

/**
 * A network of a test's own between one listener and all who connect to it. It can be cut (connections break, new ones are
 * refused) and turned into a black hole (nothing passes, and nobody is told).
 */
export class TcpProxy {
  readonly port: number;
  /** Where it leads; may be set later than the proxy is opened. */
  target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  readonly #holes = new Set<Way>();
  readonly #traps = new Map<Way, (bytes: Buffer) => boolean>();
  readonly #watchers = new Set<() => void>();
  #kept: Kept[] = [];
  #server: Server | undefined;

  private constructor(port: number, target: { host: string; port: number }) {
    this.port = port;
    this.target = target;
  }

  static async open(target: { host: string; port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(await freePort(), target);
    await proxy.mend();
    return proxy;
  }

  /** host:port of the proxy. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  #accept(near: Socket): void {
    const far = connect(this.target.port, this.target.host);
    this.#pass(near, far, 'up');
    this.#pass(far, near, 'down');
  }

  #pass(from: Socket, to: Socket, way: Way): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => undefined);
    from.on('data', (bytes: Buffer) => {
      if (this.#traps.get(way)?.(bytes) === true) this.swallow(way);
      if (this.#holes.has(way)) this.#keep({ to, way, bytes });
      else to.write(bytes);
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      if (this.#holes.has(way)) this.#keep({ to, way, bytes: undefined });
      else to.destroy();
    });
  }

  #keep(kept: Kept): void {
    this.#kept.push(kept);
    for (const look of this.#watchers) look();
  }

  /** From now on nothing passes: whoever sends believes that it does. */
  swallow(...ways: Way[]): void {
    for (const way of ways.length === 0 ? (['up', 'down'] as const) : ways) {
      this.#traps.delete(way);
      this.#holes.add(way);
    }
  }

  /** Resolves when bytes come that `isFirst` takes: neither they nor what follows them pass. */
  async swallowFrom(way: Way, isFirst: (bytes: Buffer) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#traps.set(way, (bytes) => {
        const found = isFirst(bytes);
        if (found) resolve();
        return found;
      });
    });
  }

  /** Everything passes again, first what was swallowed, as of a network that was only slow. */
  release(): void {
    this.#holes.clear();
    for (const { to, bytes } of this.#kept) {
      if (bytes === undefined) to.destroy();
      else to.write(bytes);
    }
    this.#kept = [];
  }

  /** Resolves when bytes that hold `text` have been swallowed. */
  async swallowed(text: string, way: Way): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!this.#kept.some((one) => one.way === way && one.bytes?.includes(text))) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Breaks all connections; new ones are refused. */
  cut(): void {
    this.#server?.close();
    this.#server = undefined;
    this.#holes.clear();
    this.#kept = [];
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Takes connections (again). */
  async mend(): Promise<void> {
    const server = createServer((near) => this.#accept(near));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
  }

  close(): void {
    this.cut();
  }
}
