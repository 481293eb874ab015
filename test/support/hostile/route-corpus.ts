import type { Random } from '../../sim/random.ts';
import type { HostileRequest } from './http-send.ts';
import { inUrl } from './rest-corpus.ts';
import { anyBytes, mutated, NUMBERS, TEXTS } from './values.ts';

/** What an attacker knows of an API that speaks JSON. */
export interface KnownApi {
  /** Such as `GET /api/jobs/{}`; braces are filled with ids. */
  readonly routes: readonly string[];
  /** Names in queries and bodies. */
  readonly fields: readonly string[];
  /** By route: what would be right, and is spoiled more often than not. */
  readonly bodies: Readonly<Record<string, object>>;
  readonly ids: readonly string[];
  /** Values that are right in one place or another. */
  readonly values: readonly unknown[];
  /** One set for each request. */
  readonly headers: readonly Readonly<Record<string, string>>[];
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const TYPES = [
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
];
const PATHS = ['..%2f..%2fetc%2fpasswd', '%00', '%', '.', '%ff', '...//', 'a%0d%0ax:y', '0', '-1', '1e9'];

/** Requests that no client sends, to routes that are there, each from one seed. */
export class RouteCorpus {
  readonly #random: Random;
  readonly #api: KnownApi;

  constructor(random: Random, api: KnownApi) {
    this.#random = random;
    this.#api = api;
  }

  request(): HostileRequest {
    const random = this.#random;
    const [known = '', template = ''] = random.pick(this.#api.routes).split(' ');
    const method = random.chance(0.9) ? known : random.pick(METHODS);
    const path = template.replaceAll('{}', () =>
      random.chance(0.75) ? random.pick(this.#api.ids) : random.pick(PATHS),
    );
    const query = random.chance(0.4) ? `?${this.#query()}` : '';
    const base = {
      what: `${known} ${template}`,
      method,
      path: `${path}${random.chance(0.03) ? '/' : ''}${query}`,
    };
    const headers = random.pick(this.#api.headers);
    if (method === 'GET' || method === 'HEAD') return { ...base, headers };
    return {
      ...base,
      headers: { 'content-type': random.pick(TYPES), ...headers },
      body: this.#body(base.what),
    };
  }

  #query(): string {
    const random = this.#random;
    const pairs = Array.from({ length: random.whole(1, 4) }, () => {
      const value = random.chance(0.5) ? String(random.pick(NUMBERS)) : random.pick(TEXTS);
      return `${random.pick(this.#api.fields)}=${inUrl(value.slice(0, 2_000))}`;
    });
    return `${pairs.join('&')}${random.chance(0.05) ? '&%ff=%' : ''}`;
  }

  #body(route: string): Buffer {
    const random = this.#random;
    const right = this.#api.bodies[route];
    if (right && random.chance(0.4)) {
      const spoiled = { ...right, [random.pick(this.#api.fields)]: this.#value() };
      return Buffer.from(JSON.stringify(random.chance(0.3) ? right : spoiled));
    }
    if (random.chance(0.05)) return anyBytes(random, 300);
    if (random.chance(0.02)) return Buffer.from('['.repeat(50_000));
    const names = Array.from({ length: random.whole(0, 8) }, () => random.pick(this.#api.fields));
    const body: unknown = random.chance(0.95)
      ? Object.fromEntries(names.map((name) => [name, this.#value()]))
      : this.#value();
    const text = Buffer.from(JSON.stringify(body));
    return random.chance(0.1) ? mutated(random, text) : text;
  }

  #value(): unknown {
    const random = this.#random;
    return random.pick<() => unknown>([
      () => random.pick(this.#api.values),
      () => random.pick(this.#api.values),
      () => random.pick(this.#api.ids),
      () => random.pick(TEXTS),
      () => random.pick(NUMBERS),
      () => random.pick<unknown>([null, true, false, [], {}, [[]], { $gt: '' }]),
    ])();
  }
}
