import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DynamicAgent } from '../../support/dynamic-agent.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

let running: RunningGrid;
beforeAll(async () => {
  running = await startRunningGrid({
    agents: 0,
    limits: {
      keepaliveTimeMs: 300,
      keepaliveTimeoutMs: 300,
      idleConnectionMs: 5_000,
      streamsPerConnection: 7,
    },
  });
});
afterAll(() => running.close());

const PING = 6;

test('a peer that answers no ping is closed, and no agent is disturbed', async () => {
  const agent = new DynamicAgent(running.rpc.port);
  await agent.greet();
  const socket = connect(running.rpc.port, '127.0.0.1');
  const bytes: Buffer[] = [];
  socket.on('data', (chunk) => bytes.push(chunk));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  // The preface of HTTP/2 and empty SETTINGS; after that, silence.
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  await closed;
  const types: number[] = [];
  const all = Buffer.concat(bytes);
  for (let at = 0; at + 9 <= all.length; at += 9 + all.readUIntBE(at, 3)) types.push(all[at + 3]!);
  expect(types).toContain(PING);
  expect(await agent.beat()).toMatchObject({ renewed: [] });
  agent.close();
});

function http2(): ClientHttp2Session {
  const session = connectHttp2(`http://127.0.0.1:${running.rpc.port}`);
  session.on('error', () => undefined);
  return session;
}

test('a connection is told how many calls it may have at once', async () => {
  const session = http2();
  const settings = await new Promise((resolve) => session.once('remoteSettings', resolve));
  expect(settings).toMatchObject({ maxConcurrentStreams: 7 });
  session.close();
});

test('a connection without a call is closed after a while, though it answers pings', async () => {
  const session = http2();
  let pings = 0;
  session.on('ping', () => pings++);
  await new Promise((resolve) => session.once('close', resolve));
  expect(pings).toBeGreaterThan(1);
});
