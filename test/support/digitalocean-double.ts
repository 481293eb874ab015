import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export interface Droplet {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly created_at: string;
  readonly size_slug: string;
  readonly size: Record<string, unknown>;
  readonly region: Record<string, unknown>;
  readonly tags: readonly string[];
  /** What it was started with; the real service does not tell it. */
  readonly userData: string;
}

/** An answer in place of the usual one. `after`: the request is carried out all the same. */
export interface Failure {
  readonly status: number;
  readonly message?: string;
  readonly retryAfter?: string;
  readonly after?: boolean;
  /** The connection is broken instead of an answer. */
  readonly cut?: boolean;
}

export const DO_TOKEN = 'dop_v1_a_token_for_tests';
export const DO_IMAGE = 'debian-13-x64';
const KEYS =
  'backups,image,ipv6,monitoring,names,private_networking,region,size,ssh_keys,tags,user_data'.split(',');

const SIZES = [
  {
    slug: 's-1vcpu-1gb',
    available: true,
    price_monthly: 6,
    price_hourly: 0.00893,
    regions: ['nyc3', 'ams3'],
  },
  { slug: 's-4vcpu-8gb', available: true, price_monthly: 48, price_hourly: 0.07143, regions: ['nyc3'] },
  { slug: 's-gone', available: false, price_monthly: 5, price_hourly: 0.00744, regions: [] },
];
const REGIONS = [
  { slug: 'nyc3', name: 'New York 3', available: true, sizes: ['s-1vcpu-1gb', 's-4vcpu-8gb'], features: [] },
  { slug: 'ams3', name: 'Amsterdam 3', available: true, sizes: ['s-1vcpu-1gb'], features: [] },
  { slug: 'nyc2', name: 'New York 2', available: false, sizes: [], features: [] },
];
const VPCS = [{ id: '760e09ef-dc84-11e8-981e-3cfdfeaae000', name: 'render', region: 'nyc3', default: false }];

interface Answer {
  readonly status: number;
  readonly json?: unknown;
}

/**
 * DigitalOcean's API v2 as far as machines need it, on a real port. It checks what it is sent as strictly as the real
 * service's description does, and notes a breach in `problems`.
 */
export class DigitalOceanDouble {
  readonly requests: SeenRequest[] = [];
  readonly problems: string[] = [];
  droplets: Droplet[] = [];
  /** Lists come in pages of so many, whatever is asked for. */
  pageSize = 200;
  /** Tokens other than this one are refused. */
  token = DO_TOKEN;
  /** Its clock. */
  nowMs: () => number = () => Date.now();
  #failures: { readonly match: string; readonly failure: Failure }[] = [];
  #nextId = 3_164_444;
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  static async start(): Promise<DigitalOceanDouble> {
    const double = new DigitalOceanDouble();
    await new Promise<void>((done) => double.#server.listen(0, '127.0.0.1', done));
    return double;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next requests whose `METHOD /path?query` begins with `match` get these answers, in turn. */
  fail(match: string, ...failures: readonly Failure[]): void {
    this.#failures.push(...failures.map((failure) => ({ match, failure })));
  }

  /** `METHOD /path?query` of all requests that begin so. */
  seen(match = ''): string[] {
    return this.requests
      .map(({ method, path }) => `${method} ${path}`)
      .filter((text) => text.startsWith(match));
  }

  /** As if somebody had started it by hand, or another program. */
  add(over: Partial<Droplet> & { readonly regionSlug?: string } = {}): Droplet {
    const { regionSlug = 'nyc3', ...rest } = over;
    const size = SIZES.find((one) => one.slug === (over.size_slug ?? 's-1vcpu-1gb'))!;
    const region = REGIONS.find((one) => one.slug === regionSlug)!;
    const droplet: Droplet = {
      id: this.#nextId++,
      name: 'openencoder-worker',
      status: 'new',
      created_at: `${new Date(this.nowMs()).toISOString().slice(0, 19)}Z`,
      size_slug: size.slug,
      size,
      region,
      tags: ['openencoder', 'openencoder-worker'],
      userData: '',
      ...rest,
    };
    this.droplets.push(droplet);
    return droplet;
  }

  reset(): void {
    this.requests.length = 0;
    this.droplets = [];
    this.#failures = [];
    this.pageSize = 200;
    this.token = DO_TOKEN;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const { method = '', url: path = '', headers } = request;
    const body = text === '' ? undefined : (JSON.parse(text) as unknown);
    this.requests.push({ method, path, headers, body });
    const failure = this.#takeFailure(`${method} ${path}`);
    const usual =
      failure === undefined || failure.after ? this.#answer({ method, path, headers, body }) : undefined;
    if (failure?.cut) return void request.socket.destroy();
    if (failure?.retryAfter !== undefined) response.setHeader('Retry-After', failure.retryAfter);
    const { status, json } = failure ? failed(failure) : (usual ?? { status: 500 });
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(json === undefined ? undefined : JSON.stringify(json));
  }

  #takeFailure(text: string): Failure | undefined {
    const at = this.#failures.findIndex(({ match }) => text.startsWith(match));
    return at < 0 ? undefined : this.#failures.splice(at, 1)[0]?.failure;
  }

  #answer({ method, path, headers, body }: SeenRequest): Answer {
    if (headers.authorization !== `Bearer ${this.token}`)
      return { status: 401, json: { id: 'Unauthorized', message: 'Unable to authenticate you' } };
    const url = new URL(path, 'http://double');
    const tag = url.searchParams.get('tag_name');
    const route = `${method} ${url.pathname}`;
    if (route === 'GET /v2/regions') return this.#page(url, 'regions', REGIONS);
    if (route === 'GET /v2/sizes') return this.#page(url, 'sizes', SIZES);
    if (route === 'GET /v2/vpcs') return this.#page(url, 'vpcs', VPCS);
    if (route === 'GET /v2/droplets') {
      if (tag !== 'openencoder-worker') this.problems.push(`GET droplets of the tag ${tag}`);
      const found = this.droplets.filter((one) => one.tags.includes(tag ?? ''));
      return this.#page(url, 'droplets', found.map(told));
    }
    if (route === 'POST /v2/droplets') return this.#create(headers, body as Record<string, unknown>);
    if (route === 'DELETE /v2/droplets') {
      if (tag !== 'openencoder-worker') this.problems.push(`DELETE droplets of the tag ${tag}`);
      this.droplets = this.droplets.filter((one) => !one.tags.includes(tag ?? ''));
      return { status: 204 };
    }
    const [, id] = /^DELETE \/v2\/droplets\/(\d+)$/.exec(route) ?? [];
    if (id === undefined) {
      this.problems.push(`${method} ${path} is no route`);
      return {
        status: 404,
        json: { id: 'not_found', message: 'The resource you requested could not be found.' },
      };
    }
    const before = this.droplets.length;
    this.droplets = this.droplets.filter((one) => one.id !== Number(id));
    if (this.droplets.length < before) return { status: 204 };
    return {
      status: 404,
      json: { id: 'not_found', message: 'The resource you requested could not be found.' },
    };
  }

  #page(url: URL, key: string, items: readonly unknown[]): Answer {
    const page = Number(url.searchParams.get('page'));
    if (url.searchParams.get('per_page') !== '200' || !(page >= 1)) this.problems.push(`GET ${url.search}`);
    const from = (page - 1) * this.pageSize;
    const part = items.slice(from, from + this.pageSize);
    const more = items.length > from + this.pageSize;
    const next = `https://api.digitalocean.com${url.pathname}?page=${page + 1}&per_page=${this.pageSize}`;
    const links = more ? { pages: { next } } : {};
    return { status: 200, json: { [key]: part, links, meta: { total: items.length } } };
  }

  #create(headers: SeenRequest['headers'], body: Record<string, unknown>): Answer {
    const keys = Object.keys(body).filter((key) => key !== 'vpc_uuid');
    if (keys.toSorted().join(',') !== KEYS.join(','))
      this.problems.push(`POST with the keys ${keys.join(',')}`);
    if (headers['content-type'] !== 'application/json') this.problems.push('POST without its content type');
    const size = SIZES.find((one) => one.slug === body['size']);
    const region = REGIONS.find((one) => one.slug === body['region']);
    const refuse = (message: string): Answer => ({
      status: 422,
      json: { id: 'unprocessable_entity', message },
    });
    if (size === undefined) return refuse('You specified an invalid size for Droplet creation.');
    if (region === undefined) return refuse('You specified an invalid region for Droplet creation.');
    if (!region.sizes.includes(size.slug)) return refuse('Size is not available in this region.');
    if (!String(body['user_data']).startsWith('#cloud-config\n'))
      this.problems.push('POST without cloud-config');
    const names = body['names'] as string[];
    if (names.length === 0 || names.length > 10) this.problems.push(`POST with ${names.length} names`);
    const droplets = names.map((name) =>
      this.add({
        name,
        size_slug: size.slug,
        regionSlug: region.slug,
        tags: body['tags'] as string[],
        userData: String(body['user_data']),
      }),
    );
    return {
      status: 202,
      json: { droplets: droplets.map(told), links: { actions: [] } },
    };
  }
}

/** Without what only a test sees. */
function told(droplet: Droplet): Record<string, unknown> {
  return { ...droplet, userData: undefined };
}

function failed({ status, message = 'Unexpected server-side error' }: Failure): Answer {
  return { status, json: { id: 'error', message } };
}
