import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import type { Random } from '../../sim/random.ts';
import type { Dynamic } from '../grpc-client.ts';
import { anyBytes, mutated, NUMBERS, TEXTS, WIDE } from './values.ts';

/** One session of a hostile agent. */
export interface HostileSession {
  readonly kind: string;
  /** Whether a proper Hello comes before. */
  readonly greets: boolean;
  readonly messages: readonly Buffer[];
}

export interface Loot {
  /** Fences of leases that another agent holds. */
  readonly fences: readonly Dynamic[];
  /** Ids of another owner's job and tasks. */
  readonly ids: readonly string[];
}

const DEFINITION = loadSync(['clipgrid/v1/session.proto', 'clipgrid/v1/admin.proto'], {
  includeDirs: ['proto'],
  keepCase: true,
});
const SESSION = (DEFINITION['clipgrid.v1.AgentService'] as ServiceDefinition)['Session']!;
export const ADMIN = DEFINITION['clipgrid.v1.AdminService'] as ServiceDefinition;

export const encodeRequest = (message: Dynamic): Buffer => SESSION.requestSerialize(message);
export const decodeResponse = (bytes: Buffer): object => SESSION.responseDeserialize(bytes);

/** A Hello of an agent that can do nothing, so that nothing is given to it. */
export const harmlessHello = (agentId: string): Dynamic => ({
  hello: { agent_id: agentId, name: agentId, version: 'x', protocol: 1, slots: 1, incarnation: 'one' },
});

const HUGE_BYTES = 17 * 1024 * 1024;

/** Messages that no honest agent sends, from one seed. */
export class GrpcCorpus {
  readonly #random: Random;
  readonly #loot: Loot;

  constructor(random: Random, loot: Loot) {
    this.#random = random;
    this.#loot = loot;
  }

  session(agentId: string): HostileSession {
    const random = this.#random;
    const many = <T>(make: () => T): T[] => Array.from({ length: random.whole(2, 6) }, make);
    const encoded = (make: () => Dynamic) => (): Buffer => encodeRequest(make());
    switch (random.whole(0, 11)) {
      case 0:
        return { kind: 'bytes', greets: false, messages: [anyBytes(random, random.whole(0, 400))] };
      case 1:
        return { kind: 'bytes, greeted', greets: true, messages: [anyBytes(random, random.whole(0, 400))] };
      case 2:
        return { kind: 'cut', greets: random.chance(0.7), messages: many(() => this.#cut(agentId)) };
      case 3:
        return { kind: 'no Hello', greets: false, messages: many(encoded(() => this.#message(agentId))) };
      case 4:
        return { kind: 'two Hellos', greets: true, messages: [encodeRequest(harmlessHello(agentId))] };
      case 5:
        return { kind: 'Hello', greets: false, messages: [encodeRequest(this.#hello(agentId))] };
      case 6:
      case 7:
        return { kind: 'values', greets: true, messages: many(encoded(() => this.#message(agentId))) };
      case 8:
        return { kind: 'stolen Hello', greets: false, messages: [encodeRequest(this.#stolenHello(agentId))] };
      case 9: {
        const messages = many(encoded(() => this.#stolen()));
        // Replay: the very same words again.
        return { kind: 'stolen', greets: true, messages: [...messages, ...messages] };
      }
      default:
        return { kind: 'unknown fields', greets: true, messages: many(() => this.#unknown(agentId)) };
    }
  }

  /** A message above every limit. */
  huge(): HostileSession {
    const messages = [Buffer.concat([encodeRequest({ drain: {} }), Buffer.alloc(HUGE_BYTES)])];
    return { kind: 'huge', greets: this.#random.chance(0.5), messages };
  }

  /** A unary call of the admin service, as bytes. */
  adminCall(): { method: string; path: string; bytes: Buffer } {
    const random = this.#random;
    const method = random.pick(Object.keys(ADMIN).filter((name) => name !== 'WatchEvents'));
    const { path, requestSerialize } = ADMIN[method]!;
    const id = (): string => (random.chance(0.4) ? random.pick(this.#loot.ids) : this.#text());
    const proper = requestSerialize({
      agent_id: this.#text(),
      job_id: id(),
      task_id: id(),
      page_size: this.#number(),
      page_token: random.chance(0.5) ? Buffer.from(this.#text()).toString('base64url') : this.#text(),
      states: [this.#text()],
      deadline_seconds: this.#number(),
      undo: random.chance(0.5),
    });
    return { method, path, bytes: random.chance(0.2) ? mutated(random, proper) : proper };
  }

  #text(): string {
    return this.#random.pick(TEXTS);
  }

  #short(): string {
    return this.#text().slice(0, 60);
  }

  #number(): number {
    return this.#random.pick(NUMBERS);
  }

  #wide(): number | string {
    return this.#random.pick(WIDE);
  }

  #fence(): Dynamic | undefined {
    const random = this.#random;
    const stolen = random.pick(this.#loot.fences);
    if (random.chance(0.1)) return undefined;
    const fence = random.chance(0.5) ? { ...stolen } : { task_id: this.#short(), lease_id: this.#short() };
    const field = random.pick(['task_id', 'lease_id', 'epoch']);
    return { ...fence, [field]: field === 'epoch' ? this.#number() : this.#short() };
  }

  #artifact(): Dynamic {
    const random = this.#random;
    const hex = (length: number): string =>
      random.chance(0.5) ? anyBytes(random, length).toString('hex') : this.#text();
    const name = random.chance(0.5) ? random.pick(['segment', 'index', 'result', 'clip']) : this.#text();
    return { name, sha256: hex(32), md5: hex(16), size_bytes: this.#wide() };
  }

  #result(): Dynamic {
    const format = { codec: this.#text(), width: this.#number(), height: this.#number() };
    const kind = this.#random.pick(['index', 'encode', 'audio', 'merge', 'clip']);
    const counts = { frame_count: this.#number(), input_frames: this.#number(), duration_seconds: NaN };
    return { [kind]: kind === 'audio' || kind === 'clip' ? counts : { ...counts, format } };
  }

  #message(agentId: string): Dynamic {
    const random = this.#random;
    const fence = this.#fence();
    const artifacts = Array.from({ length: random.whole(0, 4) }, () => this.#artifact());
    const odd = random.pick([NaN, Infinity, -Infinity, -1, 1e308]);
    const lease = {
      fence,
      frames_done: this.#number(),
      fps: odd,
      phase: this.#text(),
      log_tail: this.#text(),
    };
    const gpus = Array.from({ length: random.whole(0, 100) }, () => ({ utilization: odd }));
    const load = { cpu: odd, memory_free_bytes: this.#wide(), disk_free_bytes: this.#wide(), gpus };
    return random.pick<() => Dynamic>([
      () => this.#hello(agentId),
      () => ({
        heartbeat: { sequence: this.#wide(), load, leases: random.chance(0.5) ? [] : [lease, lease] },
      }),
      () => ({ heartbeat: { load, leases: Array.from({ length: 2_000 }, () => ({ fence, fps: odd })) } }),
      () => ({ upload_request: { fence, artifacts } }),
      () => ({ complete: { fence, artifacts, result: this.#result(), log_tail: this.#text() } }),
      () => ({ failed: { fence, code: this.#text(), message: this.#text(), log_tail: this.#text() } }),
      () => ({ release: { fence, reason: this.#text() } }),
      () => ({ drain: { reason: this.#text(), deadline_seconds: this.#number(), undo: random.chance(0.5) } }),
      () => ({}),
    ])();
  }

  #hello(agentId: string): Dynamic {
    const random = this.#random;
    const { hello } = harmlessHello(agentId) as { hello: Dynamic };
    const bytes = this.#wide();
    const changes: Dynamic = {
      name: this.#text(),
      version: this.#text(),
      protocol: this.#number(),
      slots: this.#number(),
      lacks: [this.#text(), this.#text()],
      capabilities: Array.from({ length: random.whole(0, 500) }, () => this.#short()),
      incarnation: this.#text(),
      labels: { [this.#text()]: this.#text() },
      tools: [{ name: this.#text(), version: this.#text(), path: this.#text() }],
      held_leases: Array.from({ length: random.whole(0, 1_100) }, () => this.#fence() ?? {}),
      hardware: {
        hostname: this.#text(),
        cpu_cores: this.#number(),
        memory_bytes: bytes,
        gpus: [{ vendor: this.#text(), memory_bytes: bytes }],
        disks: [{ path: this.#text(), size_bytes: bytes, free_bytes: bytes }],
      },
    };
    const names = Object.keys(changes);
    const chosen = Array.from({ length: random.whole(1, 4) }, () => random.pick(names));
    return { hello: { ...hello, ...Object.fromEntries(chosen.map((name) => [name, changes[name]])) } };
  }

  #stolenHello(agentId: string): Dynamic {
    const { hello } = harmlessHello(agentId) as { hello: Dynamic };
    return { hello: { ...hello, held_leases: this.#loot.fences } };
  }

  /** Well-formed words about leases of somebody else. */
  #stolen(): Dynamic {
    const random = this.#random;
    const fence = random.pick(this.#loot.fences);
    const hex = (length: number): string => anyBytes(random, length).toString('hex');
    const artifacts = [{ name: 'segment', sha256: hex(32), md5: hex(16), size_bytes: 100 }];
    const result = { encode: { frame_count: 25, input_frames: 25, format: { codec: 'h264' } } };
    return random.pick<Dynamic>([
      { heartbeat: { sequence: 5, leases: [{ fence, frames_done: 20, fps: 1, phase: 'stolen' }] } },
      { upload_request: { fence, artifacts } },
      { complete: { fence, artifacts, result } },
      { failed: { fence, code: 'encoder_failed', message: 'stolen', input_at_fault: true } },
      { release: { fence, reason: 'stolen' } },
    ]);
  }

  #cut(agentId: string): Buffer {
    return mutated(
      this.#random,
      encodeRequest(this.#random.chance(0.5) ? this.#stolen() : this.#message(agentId)),
    );
  }

  /** A message with fields, wire types and groups that the schema does not know. */
  #unknown(agentId: string): Buffer {
    const random = this.#random;
    const field = random.whole(1, 2_000);
    const tag = (wire: number): Buffer =>
      Buffer.from([(((field << 3) | wire) & 0x7f) | 0x80, (field >> 4) & 0x7f]);
    const extra = random.pick([
      Buffer.concat([tag(0), Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f])]),
      Buffer.concat([tag(1), anyBytes(random, 8)]),
      Buffer.concat([tag(2), Buffer.from([5]), anyBytes(random, 5)]),
      Buffer.concat([tag(5), anyBytes(random, 4)]),
      Buffer.concat([tag(3), tag(4)]),
      Buffer.concat([tag(7), anyBytes(random, 3)]),
    ]);
    return Buffer.concat([encodeRequest(this.#message(agentId)), extra]);
  }
}
