import { createHash, randomUUID } from 'node:crypto';
import { dynamicClient, endOf, type Dynamic } from './grpc-client.ts';

export interface DynamicAgentOptions {
  readonly agentId?: string;
  readonly token?: string;
  readonly slots?: number;
  readonly capabilities?: readonly string[];
  readonly heldLeases?: readonly Dynamic[];
  readonly incarnation?: string;
}

export interface Uploaded {
  readonly name: string;
  readonly bytes: Buffer;
}

/** An agent that a test plays by hand, over a client that knows only the .proto files. */
export class DynamicAgent {
  readonly agentId: string;
  readonly #client: ReturnType<typeof dynamicClient>;
  readonly #stream: ReturnType<ReturnType<typeof dynamicClient>['open']>;
  readonly #received: Dynamic[] = [];
  #waiting: (() => void)[] = [];
  readonly ended: ReturnType<typeof endOf>;
  #beats = 0;

  constructor(port: number, options: DynamicAgentOptions = {}) {
    this.agentId = options.agentId ?? `dynamic-${randomUUID()}`;
    this.#client = dynamicClient('clipgrid.v1.AgentService', port, {
      ...(options.token === undefined ? {} : { token: options.token }),
    });
    this.#stream = this.#client.open('Session');
    this.ended = endOf(this.#stream);
    this.#stream.on('data', (message: Dynamic) => {
      this.#received.push(message);
      this.#wake();
    });
    void this.ended.then(() => this.#wake());
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Sends one message: `{ heartbeat: { ... } }`. */
  send(message: Dynamic): void {
    this.#stream.write(message);
  }

  /** The next message of that kind, taken out; those of other kinds stay for later. */
  async next(kind: string, fits: (value: Dynamic) => boolean = () => true): Promise<Dynamic> {
    const signal = AbortSignal.timeout(15_000);
    for (;;) {
      const at = this.#received.findIndex((one) => one['message'] === kind && fits(one[kind] as Dynamic));
      if (at >= 0) return this.#received.splice(at, 1)[0]![kind] as Dynamic;
      if (signal.aborted)
        throw new Error(`no ${kind} came; unread: ${JSON.stringify(this.#received).slice(0, 2_000)}`);
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  /** Whether a message of that kind has come and was not taken. */
  has(kind: string): boolean {
    return this.#received.some((one) => one['message'] === kind);
  }

  hello(options: DynamicAgentOptions = {}): Dynamic {
    return {
      agent_id: this.agentId,
      name: 'by hand',
      version: 'test',
      protocol: 1,
      slots: options.slots ?? 1,
      capabilities: options.capabilities ?? ['program:ffmpeg', 'encoder:libx264', 'program:ffprobe'],
      held_leases: options.heldLeases ?? [],
      incarnation: options.incarnation ?? 'one',
    };
  }

  /** Hello and Welcome. */
  async greet(options: DynamicAgentOptions = {}): Promise<Dynamic> {
    this.send({ hello: this.hello(options) });
    return this.next('welcome');
  }

  /** One heartbeat that renews these leases; the answer to it. */
  async beat(fences: readonly Dynamic[] = [], progress: Dynamic = {}): Promise<Dynamic> {
    const sequence = ++this.#beats;
    const leases = fences.map((fence) => ({ fence, ...progress }));
    this.send({ heartbeat: { sequence, load: { cpu: 0.5 }, leases } });
    return this.next('heartbeat_ack', (ack) => ack['sequence'] === sequence);
  }

  /** Asks for the right to upload, uploads, and completes. */
  async complete(fence: Dynamic, result: Dynamic, files: readonly Uploaded[]): Promise<Dynamic> {
    const artifacts = files.map(({ name, bytes }) => ({
      name,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      md5: createHash('md5').update(bytes).digest('hex'),
      size_bytes: bytes.length,
    }));
    this.send({ upload_request: { fence, artifacts } });
    const { targets, error } = await this.next('upload_grant');
    if (error !== '') throw new Error(`the upload was refused: ${String(error)}`);
    for (const target of targets as { name: string; url: string; headers: Record<string, string> }[]) {
      const { bytes } = files.find((file) => file.name === target.name)!;
      const response = await fetch(target.url, {
        method: 'PUT',
        headers: target.headers,
        body: new Uint8Array(bytes),
      });
      // 412: these very bytes are there already, from the first time that this was said.
      if (!response.ok && response.status !== 412)
        throw new Error(`PUT: ${response.status} ${await response.text()}`);
    }
    this.send({ complete: { fence, artifacts, result } });
    return this.next('commit_result');
  }

  /** Stops reading: what the coordinator sends stays in its buffers. */
  stopReading(): void {
    this.#stream.pause();
  }

  halfClose(): void {
    this.#stream.end();
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }
}
