import type { Random } from '../../sim/random.ts';
import type { HostileRequest } from './http-send.ts';
import { anyBytes, mutated, NUMBERS, TEXTS } from './values.ts';

type Json = Record<string, unknown>;

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Json }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: { readonly $ref: string } }> };
}

export interface OpenApi {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Json> };
}

export interface RestLoot {
  readonly token: string;
  /** Ids of one's own, and of another owner. */
  readonly ids: readonly string[];
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH'];
const TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  'application/xml',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'application/vnd.x+json',
  '',
  ';;;',
  'x'.repeat(5_000),
];
/** What looks like a place in a list. */
const CURSORS = [
  '2026-02-30T00:00:00.000000Z|01900000-0000-7000-8000-000000000000',
  '0000-01-01T00:00:00.000000Z|01900000-0000-7000-8000-000000000000',
  '9999-12-31T24:00:00.000000Z|01900000-0000-7000-8000-000000000000',
  "2026-01-01T00:00:00.000000Z|'; --",
  '|',
].map((text) => Buffer.from(text).toString('base64url'));
const PATHS = [
  '%00',
  '%ff%fe',
  '%2e%2e%2f',
  '..%2f..%2fetc',
  '%',
  '%zz',
  ';a=b',
  '%F0%9F%98%80',
  '.',
  '+',
  '%0d%0ax:y',
];

/** Percent-encoded so that it can stand in a first line; half of a surrogate pair becomes bytes that are no UTF-8. */
export function inUrl(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80';
}

/** Requests that no proper client sends, made from the OpenAPI document, each from one seed. */
export class RestCorpus {
  readonly #random: Random;
  readonly #document: OpenApi;
  readonly #loot: RestLoot;

  constructor(random: Random, document: OpenApi, loot: RestLoot) {
    this.#random = random;
    this.#document = document;
    this.#loot = loot;
  }

  /** One for each operation; a wrong part of it, or two. */
  *round(): Generator<HostileRequest> {
    for (const [path, methods] of Object.entries(this.#document.paths))
      for (const [method, operation] of Object.entries(methods)) yield this.#request(path, method, operation);
  }

  #request(path: string, method: string, operation: Operation): HostileRequest {
    const random = this.#random;
    const properly = (): boolean => random.chance(0.7);
    const filled = path.replaceAll(/\{\w+\}/g, () =>
      properly() ? random.pick(this.#loot.ids) : this.#pathPart(),
    );
    const query = this.#query(operation);
    const body = this.#body(operation);
    return {
      what: operation.operationId,
      method: properly() ? method.toUpperCase() : random.pick(METHODS),
      path: `${filled}${query === '' ? '' : `?${query}`}`,
      headers: this.#headers(operation, body !== undefined),
      ...(body === undefined ? {} : { body }),
    };
  }

  #pathPart(): string {
    const random = this.#random;
    return random.chance(0.4) ? random.pick(PATHS) : inUrl(random.pick(TEXTS).slice(0, 2_000));
  }

  #query({ parameters }: Operation): string {
    const random = this.#random;
    const names = parameters.filter((one) => one.in === 'query').map((one) => one.name);
    if (names.length === 0 && random.chance(0.8)) return '';
    const pairs = Array.from({ length: random.whole(0, 4) }, () => {
      const name =
        random.chance(0.8) && names.length > 0 ? random.pick(names) : inUrl(random.pick(TEXTS).slice(0, 50));
      const value = random.pick([
        ...TEXTS.map((text) => text.slice(0, 1_000)),
        ...CURSORS,
        ...NUMBERS.map(String),
      ]);
      return random.chance(0.1) ? name : `${name}=${random.chance(0.1) ? '%C0%AF%' : inUrl(value)}`;
    });
    return pairs.join('&');
  }

  #headers({ parameters }: Operation, hasBody: boolean): Record<string, string> {
    const random = this.#random;
    const value = (): string =>
      random
        .pick(TEXTS)
        .replaceAll(/[^\t\x20-\x7e\xa0-\xff]/g, '?')
        .slice(0, 4_000);
    const named = parameters.filter((one) => one.in === 'header' && random.chance(0.5));
    const token = random.chance(0.95) ? `Bearer ${this.#loot.token}` : `Bearer ${value()}`;
    const type = random.chance(0.8) ? 'application/json' : random.pick(TYPES);
    return {
      authorization: token,
      ...(hasBody && type !== '' ? { 'content-type': type } : {}),
      ...Object.fromEntries(named.map(({ name }) => [name, value()])),
      ...(random.chance(0.1) ? { accept: value(), 'x-forwarded-for': value(), range: 'bytes=-1-' } : {}),
    };
  }

  #body({ requestBody }: Operation): Buffer | undefined {
    const random = this.#random;
    if (requestBody === undefined) return random.chance(0.1) ? anyBytes(random, 100) : undefined;
    if (random.chance(0.05)) return undefined;
    const name = requestBody.content['application/json']!.schema.$ref.split('/').at(-1) ?? '';
    const proper = this.#proper(this.#document.components.schemas[name] ?? {});
    const bytes = Buffer.from(JSON.stringify(this.#spoiled(proper)));
    return random.pick<() => Buffer>([
      () => bytes,
      () => bytes,
      () => bytes,
      () => bytes,
      () => mutated(random, bytes),
      () => anyBytes(random, random.whole(0, 300)),
      () => Buffer.from('['.repeat(20_000)),
      () => Buffer.from(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`),
      () => Buffer.from(`{"name":"\xff\xfe","name":1}`, 'latin1'),
      () => Buffer.from(JSON.stringify({ ...(proper as Json), name: 'n'.repeat(300_000) })),
      () => Buffer.from('{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}'),
      () => Buffer.from('\ufeff{}'),
      () => Buffer.alloc(random.chance(0.3) ? 2_200_000 : 200, 0x20),
    ])();
  }

  /** A value that fits a schema. */
  #proper(schema: Json): unknown {
    const random = this.#random;
    if (schema['enum'] !== undefined) return random.pick(schema['enum'] as unknown[]);
    switch (schema['type']) {
      case 'object': {
        const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Json>);
        const required = (schema['required'] ?? []) as string[];
        const kept = properties.filter(([name]) => required.includes(name) || random.chance(0.5));
        return Object.fromEntries(kept.map(([name, one]) => [name, this.#field(name, one)]));
      }
      case 'array':
        return [this.#proper(schema['items'] as Json)];
      case 'integer':
      case 'number':
        return Math.min(Number(schema['minimum'] ?? 1) + 1, Number(schema['maximum'] ?? 10));
      case 'boolean':
        return random.chance(0.5);
      default:
        return 'text';
    }
  }

  #field(name: string, schema: Json): unknown {
    if (name.endsWith('_id')) return this.#random.pick(this.#loot.ids);
    return name === 'encode' ? 'ffmpeg -i - -c:v libx264' : this.#proper(schema);
  }

  /** With one or two of its values replaced, gone, or added. */
  #spoiled(value: unknown): unknown {
    const random = this.#random;
    if (random.chance(0.15)) return value;
    if (random.chance(0.1) || typeof value !== 'object' || value === null) return this.#junk();
    const copy: Json = structuredClone(value) as Json;
    for (let i = random.whole(1, 3); i > 0; i--) {
      const key = random.chance(0.85) ? random.pick(Object.keys(copy)) : random.pick(TEXTS).slice(0, 100);
      const inner = copy[key ?? 'x'];
      if (random.chance(0.15)) delete copy[key ?? 'x'];
      else
        copy[key ?? 'x'] =
          typeof inner === 'object' && random.chance(0.5) ? this.#spoiled(inner) : this.#junk();
    }
    return copy;
  }

  #junk(): unknown {
    const random = this.#random;
    return random.pick<() => unknown>([
      () => random.pick(TEXTS),
      () => random.pick(NUMBERS),
      () => null,
      () => random.chance(0.5),
      () => [],
      () => ({}),
      () => [random.pick(TEXTS), random.pick(NUMBERS)],
      () => ({ [random.pick(TEXTS)]: random.pick(TEXTS) }),
      () => Array.from({ length: 2_000 }, () => 0),
    ])();
  }
}
