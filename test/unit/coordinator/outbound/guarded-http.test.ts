import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:https';
import { createCa } from '../../../../cli/certs/certificate.ts';
import { GuardedHttp, type GuardedHttpOptions } from '../../../../coordinator/outbound/guarded-http.ts';
import type { OutboundRequest } from '../../../../coordinator/outbound/outbound-http.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { rawAnswer, startRawServer, type RawServer } from '../../../support/raw-http.ts';

const servers: RawServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** Names are what `hosts` says; `here` is this machine, which is allowed. */
function client(hosts: Record<string, string[]> = {}, over: Partial<GuardedHttpOptions> = {}) {
  const asked: string[] = [];
  const http = new GuardedHttp({
    clock: systemClock,
    networks: ['127.0.0.1'],
    plainHttp: false,
    resolve: async (host) => {
      asked.push(host);
      const addresses = hosts[host] ?? (host === 'here' ? ['127.0.0.1'] : []);
      return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
    ...over,
  });
  return { http, asked };
}

async function serve(answer: string | ((socket: Socket, request: string) => void)): Promise<RawServer> {
  const server = await startRawServer((socket, request) => {
    if (typeof answer === 'string') socket.end(answer);
    else answer(socket, request);
  });
  servers.push(server);
  return server;
}

const get = (url: string, over: Partial<OutboundRequest> = {}): OutboundRequest => ({
  method: 'GET',
  url,
  timeoutMs: 20_000,
  maxBytes: 1_000,
  ...over,
});

async function read(http: GuardedHttp, request: OutboundRequest): Promise<string> {
  const answer = await http.request(request);
  return (await buffer(answer.body)).toString();
}

describe('what can be told of an address by its text', () => {
  test.each([
    ['https://10.0.0.1/', 'permission_denied'],
    ['https://[::ffff:127.0.0.2]/', 'permission_denied'],
    ['http://1.1.1.1/', 'permission_denied'],
    ['ftp://here/', 'invalid_argument'],
  ])('%s is refused', (url, code) => {
    expect(() => client().http.checkUrl(url)).toThrow(expect.objectContaining({ code }));
  });

  test.each(['http://127.0.0.1:8/', 'http://any.example/', 'https://any.example/', 'https://1.1.1.1/'])(
    '%s may be allowed, and no name is resolved',
    (url) => {
      const { http, asked } = client();
      expect(http.checkUrl(`${url}path?q`)).toBe(new URL(url).origin);
      expect(asked).toEqual([]);
    },
  );

  test('where no network is allowed no name could make plain HTTP one that is', () => {
    const { http } = client({}, { networks: [] });
    expect(() => http.checkUrl('http://any.example/')).toThrow('is plain HTTP');
    expect(client({}, { networks: [], plainHttp: true }).http.checkUrl('http://any.example/')).toBe(
      'http://any.example',
    );
  });
});

describe('addresses that are not asked', () => {
  test.each([
    'http://127.0.0.2/',
    'http://2130706434/',
    'http://0x7f000002/',
    'http://0177.0.0.2/',
    'http://127.2/',
    'http://0/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.2]/',
    'http://[::ffff:7f00:2]/',
    'http://[64:ff9b::7f00:2]/',
    'http://１２７.0.0.2/',
    'http://169.254.169.254/latest/meta-data/',
    'https://10.0.0.1/',
    'http://[fe80::1]/',
    'https://private.example/',
    'https://mixed.example/',
    'https://mapped.example/',
    'https://six.example/',
  ])('%s is a private address', async (url) => {
    const hosts = {
      'private.example': ['192.168.0.1'],
      'mixed.example': ['1.1.1.1', '10.0.0.1'],
      'mapped.example': ['::ffff:10.0.0.1'],
      'six.example': ['fd00::1'],
    };
    const { http } = client(hosts, { plainHttp: true });
    await expect(http.request(get(url))).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('is the private address'),
    });
  });

  test.each([
    ['file:///etc/passwd', 'only https is fetched, not file'],
    ['ftp://here/x', 'only https is fetched, not ftp'],
    ['gopher://here:70/x', 'only https is fetched, not gopher'],
    ['data:text/plain,x', 'only https is fetched, not data'],
    ['unix:/run/x.sock', 'only https is fetched, not unix'],
    ['http://user:secret@here/', 'a user name or password'],
    ['https://user@here/', 'a user name or password'],
    ['/film.mkv', 'this is no URL'],
    ['', 'this is no URL'],
    ['http://', 'this is no URL'],
    ['http://here:99999/', 'this is no URL'],
    ['http://1.2.3.4.5.6/', 'this is no URL'],
  ])('%j: %s', async (url, why) => {
    const refused = client().http.request(get(url));
    await expect(refused).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(why),
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
  });

  test('plain HTTP goes to networks that an operator allowed, elsewhere only when he says so', async () => {
    const { http } = client({ 'public.example': ['1.1.1.1'] });
    await expect(http.request(get('http://public.example/a?token=s'))).rejects.toMatchObject({
      code: 'permission_denied',
      message:
        'http://public.example is plain HTTP: give an https URL, or an operator can allow it with CLIPGRID_OUTBOUND_HTTP=yes',
    });
    const server = await serve(rawAnswer(200, { 'content-length': '2' }, 'hi'));
    expect(await read(http, get(`http://here:${server.port}/`))).toBe('hi');
  });

  test('a name is resolved once, and the connection goes to what was checked (no rebinding)', async () => {
    const server = await serve(rawAnswer(200, { 'content-length': '2' }, 'hi'));
    let times = 0;
    const resolve = async () => [{ address: ['127.0.0.1', '127.0.0.2'][times++] ?? '', family: 4 }];
    const { http } = client({}, { resolve });
    expect(await read(http, get(`http://rebinding.example:${server.port}/x`))).toBe('hi');
    expect(times).toBe(1);
    expect(server.requests[0]).toMatch(
      new RegExp(`^GET /x HTTP/1.1\r\n(.*\r\n)*host: rebinding.example:${server.port}\r\n`, 'i'),
    );
  });

  test('names that have no address, or are never resolved', async () => {
    await expect(client().http.request(get('https://nowhere.example/'))).rejects.toMatchObject({
      code: 'unavailable',
    });
    const clock = new ManualClock();
    const { http } = client({}, { clock, resolve: () => new Promise(() => undefined) });
    const asking = http.request(get('https://slow.example/', { timeoutMs: 5_000 }));
    clock.advance(5_000);
    await expect(asking).rejects.toMatchObject({
      code: 'timeout',
      message: 'https://slow.example took longer than 5 s',
    });
  });

  test('nobody listens there', async () => {
    const server = await serve('');
    await server.close();
    await expect(client().http.request(get(`http://here:${server.port}/secret`))).rejects.toMatchObject({
      code: 'unavailable',
      message: `http://here:${server.port} does not answer (ECONNREFUSED)`,
    });
  });

  test('TLS: who has no certificate that somebody vouches for is not believed', async () => {
    const { cert, key } = createCa('here', { from: new Date(), days: 1 });
    const server = createTlsServer({ cert, key }, () => undefined);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    await expect(client().http.request(get(`https://here:${port}/`))).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringMatching(/is not who it says it is/),
    });
    await new Promise((done) => server.close(done));
  });
});

describe('redirects', () => {
  const redirectTo = (location: string, status = 302) =>
    rawAnswer(status, { location, 'content-length': '0' });

  test.each([
    'http://127.0.0.2/',
    '//[::ffff:127.0.0.2]/',
    'http://private.example/',
    'https://169.254.169.254/',
  ])('to the private address %s are refused', async (location) => {
    const server = await serve(redirectTo(location));
    const { http } = client({ 'private.example': ['10.0.0.1'] });
    const refused = http.request(get(`http://here:${server.port}/`, { maxRedirects: 5 }));
    await expect(refused).rejects.toMatchObject({ code: 'permission_denied' });
  });

  test.each(['file:///etc/passwd', 'http://a:b@here/'])('to %s are refused', async (location) => {
    const server = await serve(redirectTo(location));
    const refused = client().http.request(get(`http://here:${server.port}/`, { maxRedirects: 5 }));
    await expect(refused).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  test('are followed, each checked and resolved anew, and take no header along to another address', async () => {
    const last = await serve(rawAnswer(200, { 'content-length': '3' }, 'end'));
    const first = await serve((socket, request) =>
      socket.end(redirectTo(request.startsWith('GET /a ') ? '/b' : `http://there:${last.port}/c`, 307)),
    );
    const { http, asked } = client({ there: ['127.0.0.1'] });
    const headers = { authorization: 'Bearer s', cookie: 's', 'x-api-key': 's' };
    expect(await read(http, get(`http://here:${first.port}/a`, { maxRedirects: 2, headers }))).toBe('end');
    expect(asked).toEqual(['here', 'here', 'there']);
    expect(first.requests.map((request) => /authorization: Bearer s/i.test(request))).toEqual([true, true]);
    expect(last.requests[0]).not.toMatch(/authorization|cookie|x-api-key/i);
  });

  test('without an end are refused after as many as were allowed', async () => {
    const server = await serve(redirectTo('/again'));
    const refused = client().http.request(get(`http://here:${server.port}/`, { maxRedirects: 3 }));
    await expect(refused).rejects.toMatchObject({
      code: 'unprocessable',
      message: expect.stringMatching(/more than 3 times/),
    });
    expect(server.requests).toHaveLength(4);
  });

  test('of a POST, or where none are asked for, are an answer', async () => {
    const server = await serve(redirectTo('/x'));
    const url = `http://here:${server.port}/`;
    const posted = await client().http.request({
      ...get(url, { maxRedirects: 5 }),
      method: 'POST',
      body: 'x',
    });
    const got = await client().http.request(get(url));
    expect([posted.status, got.status]).toEqual([302, 302]);
    posted.body.destroy();
    got.body.destroy();
  });
});

describe('bodies', () => {
  test.each([
    [
      'shorter than announced',
      rawAnswer(200, { 'content-length': '9' }, 'abc'),
      /broke off before the end: it announced 9 bytes/,
    ],
    [
      'longer than announced',
      rawAnswer(200, { 'content-length': '3' }, 'abcdef'),
      /announced 3 bytes and sent more/,
    ],
    ['of a length below 0', rawAnswer(200, { 'content-length': '-3' }, 'abc'), /does not answer in HTTP/],
    [
      'of two lengths',
      `HTTP/1.1 200 X\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd`,
      /does not answer in HTTP/,
    ],
    [
      'in chunks that end early',
      rawAnswer(200, { 'transfer-encoding': 'chunked' }, '5\r\nab'),
      /broke off before the end$/,
    ],
    ['that is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', /does not answer in HTTP/],
  ])('%s are refused', async (_, raw, message) => {
    const server = await serve(raw);
    const reading = read(client().http, get(`http://here:${server.port}/`));
    await expect(reading).rejects.toMatchObject({
      code: 'unprocessable',
      message: expect.stringMatching(message),
    });
  });

  test('too large by announcement are refused before a byte is read', async () => {
    const server = await serve(
      (socket) => void socket.write(rawAnswer(200, { 'content-length': '1001' }, 'x')),
    );
    const refused = client().http.request(get(`http://here:${server.port}/`));
    await expect(refused).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/has 1001 bytes, at most 1000/),
    });
    await server.idle();
  });

  test('without an end are refused at the limit, and the connection goes', async () => {
    const server = await serve((socket) => {
      const more = (): void => {
        while (socket.writable && socket.write('x'.repeat(400)));
      };
      socket.on('drain', more);
      socket.write(rawAnswer(200, {}));
      more();
    });
    const reading = read(client().http, get(`http://here:${server.port}/`));
    await expect(reading).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/sends more than 1000 bytes/),
    });
    await server.idle();
  });

  test('that drip are refused as too slow, also when some byte comes again and again', async () => {
    const clock = new ManualClock();
    let drip = (): void => undefined;
    const server = await serve((socket) => {
      socket.write(rawAnswer(200, { 'content-length': '900' }));
      drip = () => void socket.write('x');
    });
    const minRate = { bytes: 100, everyMs: 30_000 };
    const { body } = await client({}, { clock }).http.request(
      get(`http://here:${server.port}/`, { timeoutMs: 1e6, minRate }),
    );
    let bytes = 0;
    const failed = new Promise((resolve) => body.once('error', resolve));
    for (let i = 0; i < 3; i++) {
      const came = new Promise((resolve) => body.once('data', resolve));
      drip();
      await came;
      bytes++;
      clock.advance(9_000);
    }
    clock.advance(3_000);
    expect(await failed).toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/is too slow: 3 bytes in 30 s, at least 100/),
    });
    expect(bytes).toBe(3);
    await server.idle();
  });

  test('that go on for ever at a good rate end at the time limit', async () => {
    const clock = new ManualClock();
    const server = await serve(
      (socket) => void socket.write(rawAnswer(200, { 'content-length': '900' }, 'x')),
    );
    const { body } = await client({}, { clock }).http.request(get(`http://here:${server.port}/`));
    const failed = new Promise((resolve) => body.once('error', resolve));
    body.resume();
    clock.advance(20_000);
    expect(await failed).toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/took longer than 20 s/),
    });
    await server.idle();
  });

  test('an answer whose first line never comes', async () => {
    const clock = new ManualClock();
    const came = Promise.withResolvers<void>();
    const server = await serve(() => came.resolve());
    const asking = client({}, { clock }).http.request(get(`http://here:${server.port}/`, { timeoutMs: 1e6 }));
    await came.promise;
    clock.advance(30_000);
    await expect(asking).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/took longer than 30 s/),
    });
    await server.idle();
  });

  test('whoever asked may leave: before, on the way, and in the middle of the body', async () => {
    const server = await serve(
      (socket) => void socket.write(rawAnswer(200, { 'content-length': '900' }, 'x')),
    );
    const url = `http://here:${server.port}/`;
    const { http } = client();
    await expect(http.request(get(url, { signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: 'cancelled',
    });
    const leave = new AbortController();
    const { body } = await http.request(get(url, { signal: leave.signal }));
    const failed = new Promise((resolve) => body.once('error', resolve));
    body.once('data', () => leave.abort());
    expect(await failed).toMatchObject({ code: 'cancelled' });
    await server.idle();
  });

  test('a request has its body, its length and a name of ours', async () => {
    const server = await serve(rawAnswer(200, { 'content-length': '0' }));
    const answer = await client().http.request({
      ...get(`http://here:${server.port}/hook?a=1`),
      method: 'POST',
      body: 'grüße',
      headers: { 'content-type': 'text/plain' },
    });
    answer.body.destroy();
    expect(server.requests[0]).toMatch(/^POST \/hook\?a=1 HTTP\/1.1\r\n/);
    expect(server.requests[0]).toMatch(/content-length: 7\r\n/i);
    expect(server.requests[0]).toMatch(/user-agent: clipgrid\//i);
    expect(server.requests[0]).toMatch(/accept-encoding: identity\r\n/i);
  });
});
