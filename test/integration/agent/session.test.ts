import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { credentials } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { channelOptions, MAX_MESSAGE_BYTES, type ChannelTimes } from '../../../agent/channel.ts';
import { Drain } from '../../../agent/drain.ts';
import { LeaseHolder } from '../../../agent/lease-holder.ts';
import { Link } from '../../../agent/link.ts';
import { Session } from '../../../agent/session.ts';
import {
  AgentServiceClient,
  Hello,
  Load,
  type SessionRequest,
} from '../../../shared/gen/clipgrid/v1/session.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { startScriptedCoordinator, welcome, type SessionCall } from '../../support/scripted-coordinator.ts';
import { NO_GUEST } from '../../support/no-guest.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0).toReversed()) one.close();
});

/** One session of an agent whose clock stands still; `quit` ends it. */
function startSession(port: number, times?: ChannelTimes) {
  const clock = new ManualClock();
  const holder = new LeaseHolder(clock);
  const link = new Link();
  const logger = silentLogger;
  const options = { ...channelOptions(times), 'grpc.use_local_subchannel_pool': 1 };
  const client = new AgentServiceClient(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  open.push(client);
  const quit = new AbortController();
  const session = new Session({
    client,
    token: undefined,
    holder,
    link,
    clock,
    logger,
    elsewhere: false,
    guest: NO_GUEST,
    drain: new Drain({ clock, holder, link, logger }),
    hello: () => Hello.create({ agentId: 'a' }),
    load: async () => Load.create({}),
    onGrant: () => undefined,
  });
  const end = session.run({ leave: new AbortController().signal, quit: quit.signal });
  return { clock, end, quit };
}

async function coordinator(on: (call: SessionCall) => void) {
  const started = await startScriptedCoordinator(on);
  open.push(started);
  return started.port;
}

test('an agent that gets no Welcome within 15 seconds tries again', async () => {
  const port = await coordinator(() => undefined);
  const { clock, end } = startSession(port);
  clock.advance(14_999);
  expect(clock.pending).toEqual([1]);
  clock.advance(1);
  expect(await end).toEqual({ reason: 'no Welcome came', reconnect: true, welcomed: false });
});

test('an agent whose heartbeats stay unanswered leaves the stream', async () => {
  const beats: SessionRequest[] = [];
  let beaten = (): void => undefined;
  const port = await coordinator((call) => {
    call.on('data', (request: SessionRequest) => {
      if (request.message?.$case === 'hello') call.write(welcome());
      if (request.message?.$case === 'heartbeat') beats.push(request);
      beaten();
    });
  });
  const { clock, end } = startSession(port);
  for (let count = 1; count <= 4; count++) {
    while (beats.length < count) await new Promise<void>((resolve) => (beaten = resolve));
    clock.advance(3_000);
  }
  expect(await end).toEqual({
    reason: 'the coordinator does not answer heartbeats',
    reconnect: true,
    welcomed: true,
  });
  expect(beats).toHaveLength(4);
});

test('a coordinator that breaks the protocol loses the agent, and the agent does not end', async () => {
  const fence = { taskId: 't', epoch: 1, leaseId: 'l' };
  const early = await coordinator((call) =>
    call.write({ message: { $case: 'revoke', value: { fence, reason: 'x' } } }),
  );
  expect(await startSession(early).end).toMatchObject({
    reason: 'the coordinator sent revoke before Welcome',
    reconnect: true,
  });
  const twice = await coordinator((call) => {
    call.write(welcome());
    call.write(welcome());
  });
  expect(await startSession(twice).end).toMatchObject({
    reason: 'the coordinator sent welcome twice',
    reconnect: true,
  });
});

test('a message of a kind that the agent does not know is passed over', async () => {
  const port = await coordinator((call) => {
    call.write(welcome());
    call.write({ message: undefined });
    call.on('data', (request: SessionRequest) => {
      if (request.message?.$case !== 'heartbeat') return;
      const value = { reason: 'enough', reconnect: false, reconnectAfterMs: 0 };
      call.write({ message: { $case: 'goodbye', value } });
      call.end();
    });
  });
  expect(await startSession(port).end).toEqual({ reason: 'enough', reconnect: false, welcomed: true });
});

test('a message above the limit ends the session, which comes again', async () => {
  const port = await coordinator((call) => {
    call.write(welcome());
    call.write(welcome({ version: 'x'.repeat(MAX_MESSAGE_BYTES) }));
  });
  const end = await startSession(port).end;
  expect(end).toMatchObject({ reconnect: true, welcomed: true });
  expect(end.reason).toMatch(/larger than max/i);
});

test('a coordinator that vanishes without a word is found by keepalive', async () => {
  let opened = (): void => undefined;
  const sessionOpen = new Promise<void>((resolve) => (opened = resolve));
  const port = await coordinator((call) => {
    call.write(welcome());
    opened();
  });
  // A wire between them that can go dead without closing.
  const sockets: Socket[] = [];
  const wire = createServer((inner) => {
    const outer = connect(port, '127.0.0.1');
    inner.pipe(outer).pipe(inner);
    for (const socket of [inner, outer]) socket.on('error', () => undefined);
    sockets.push(inner, outer);
  });
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
  open.push({
    close() {
      for (const socket of sockets) socket.destroy();
      wire.close();
    },
  });
  const times = { pingAfterMs: 300, pongWithinMs: 300 };
  const { end } = startSession((wire.address() as AddressInfo).port, times);
  await sessionOpen;
  const [inner, outer] = sockets;
  inner!.unpipe(outer!).pause();
  outer!.unpipe(inner!).pause();
  const { reason, reconnect } = await end;
  expect(reconnect).toBe(true);
  expect(reason).toMatch(/UNAVAILABLE/);
});
