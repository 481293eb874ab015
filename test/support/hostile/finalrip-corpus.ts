import type { Random } from '../../sim/random.ts';
import type { HostileRequest } from './http-send.ts';
import { inUrl } from './rest-corpus.ts';
import { anyBytes, mutated, NUMBERS, TEXTS } from './values.ts';

export interface FinalripLoot {
  readonly token: string;
  /** Names of one's own, and of another owner. */
  readonly keys: readonly string[];
}

const ROUTES = [
  'GET progress',
  'GET list',
  'GET oss/presigned',
  'POST new',
  'POST start',
  'POST clear',
  'POST retry/encode',
  'POST retry/merge',
  'GET nowhere',
];
const FIELDS =
  'video_key encode_param script slice timeout queue restart keep_source index pending running completed limit offset q'.split(
    ' ',
  );
const FORMS = ['query', 'urlencoded', 'multipart', 'json', 'nonsense'] as const;

/** FinalRip's clients at their worst: its routes, fields and forms, with values that no client sends. */
export class FinalripCorpus {
  readonly #random: Random;
  readonly #loot: FinalripLoot;

  constructor(random: Random, loot: FinalripLoot) {
    this.#random = random;
    this.#loot = loot;
  }

  request(): HostileRequest {
    const random = this.#random;
    const [method = '', route = ''] = random.pick(ROUTES).split(' ');
    const fields = this.#fields();
    const form = method === 'GET' && random.chance(0.9) ? 'query' : random.pick(FORMS);
    const path = `/api/v1/task/${route}${random.chance(0.03) ? '/' : ''}`;
    const odd = random
      .pick(TEXTS)
      .replaceAll(/[^\x20-\x7e]/g, '?')
      .slice(0, 500);
    const token = random.chance(0.95) ? this.#loot.token : odd;
    const what = `${method} ${route} ${form}`;
    const base = { what, method: random.chance(0.95) ? method : 'DELETE' };
    if (form === 'query') {
      const query = fields.map(([name, value]) => `${name}=${inUrl(value.slice(0, 3_000))}`).join('&');
      return { ...base, path: `${path}?${query}${random.chance(0.05) ? '&%ff=%' : ''}`, headers: { token } };
    }
    const { type, body } = this.#encoded(form, fields);
    return {
      ...base,
      path,
      headers: { token, 'content-type': type },
      body: random.chance(0.15) ? mutated(random, body) : body,
    };
  }

  #fields(): [string, string][] {
    const random = this.#random;
    const key: [string, string] = ['video_key', random.pick(this.#loot.keys)];
    const others = Array.from({ length: random.whole(0, 7) }, (): [string, string] => [
      random.pick(FIELDS),
      random.pick<() => string>([
        () => random.pick(TEXTS),
        () => String(random.pick(NUMBERS)),
        () => random.pick(['true', 'false', '1', '0', 'T']),
        () => 'FINALRIP_SOURCE',
        () => 'ffmpeg -i - -c:v libx264',
        () => random.pick(this.#loot.keys),
      ])(),
    ]);
    return random.chance(0.7) ? [key, ...others] : others;
  }

  #encoded(form: 'urlencoded' | 'multipart' | 'json' | 'nonsense', fields: readonly [string, string][]) {
    const random = this.#random;
    switch (form) {
      case 'urlencoded': {
        const body = Buffer.from(fields.map(([name, value]) => `${name}=${inUrl(value)}`).join('&'));
        return { type: 'application/x-www-form-urlencoded', body };
      }
      case 'multipart': {
        const border = random.chance(0.9) ? 'xBORDERx' : 'x'.repeat(300);
        const part = ([name, value]: [string, string]): string => {
          const file = random.chance(0.1) ? '; filename="../../x"' : '';
          return `--${border}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`;
        };
        const end = random.chance(0.9) ? `--${border}--\r\n` : '';
        const type = `multipart/form-data; boundary=${random.chance(0.9) ? border : ''}`;
        return { type, body: Buffer.from(fields.map(part).join('') + end) };
      }
      case 'json': {
        const values: Record<string, unknown> = Object.fromEntries(fields);
        const name = random.pick(FIELDS);
        const deep = '['.repeat(50_000);
        const junk = random.pick<unknown>([null, [], {}, 1e308, { $gt: '' }, [['x']], true]);
        const text = random.chance(0.05)
          ? deep
          : JSON.stringify(random.chance(0.4) ? { ...values, [name]: junk } : values);
        return { type: 'application/json', body: Buffer.from(text) };
      }
      case 'nonsense':
        return {
          type: random.pick(['text/plain', 'application/json', 'multipart/form-data']),
          body: anyBytes(random, 200),
        };
    }
  }
}
