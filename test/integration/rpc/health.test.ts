import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '../../../shared/gen/grpc/reflection/v1/reflection.ts';
import { startTestCoordinator } from '../../support/coordinator.ts';
import { dynamicClient, endOf, failureOf, type Dynamic } from '../../support/grpc-client.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

const NAMES = ['', 'clipgrid.v1.AdminService', 'clipgrid.v1.AgentService'];
let running: RunningGrid;
let health: ReturnType<typeof dynamicClient>;
let up = true;
beforeAll(async () => {
  const ready = async (): Promise<void> => {
    if (!up) throw new Error('the object store is away');
  };
  running = await startRunningGrid({ agents: 0, ready });
  health = dynamicClient('grpc.health.v1.Health', running.rpc.port);
});
afterAll(async () => {
  health.close();
  await running.close();
});

/** The statuses of a watch as they come. */
function watch(client: typeof health, service: string) {
  const stream = client.watch('Watch', { service });
  const end = endOf(stream);
  const seen: unknown[] = [];
  stream.on('data', ({ status }: Dynamic) => seen.push(status));
  return { stream, end, seen };
}

test('each service and the whole are SERVING, and one that is not here is NOT_FOUND', async () => {
  for (const service of NAMES) expect(await health.call('Check', { service })).toEqual({ status: 'SERVING' });
  expect(await health.call('List')).toEqual({
    statuses: Object.fromEntries(NAMES.map((name) => [name, { status: 'SERVING' }])),
  });
  expect(await failureOf(health.call('Check', { service: 'x'.repeat(10_000) }))).toMatchObject({
    status: 'NOT_FOUND',
    details: expect.stringContaining('there is no service "xxx') as string,
  });
});

test('a watch tells the status now and each change: while something is away, NOT_SERVING', async () => {
  const { stream, end, seen } = watch(health, 'clipgrid.v1.AdminService');
  await expect.poll(() => seen).toEqual(['SERVING']);
  up = false;
  await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['SERVING', 'NOT_SERVING']);
  expect(await health.call('Check')).toEqual({ status: 'NOT_SERVING' });
  up = true;
  await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']);
  stream.cancel();
  expect(await end).toMatchObject({ status: 'CANCELLED' });
});

test('a watch of an unknown service says SERVICE_UNKNOWN and stays', async () => {
  const { stream, end, seen } = watch(health, 'nobody.v1.Nothing');
  await expect.poll(() => seen).toEqual(['SERVICE_UNKNOWN']);
  stream.cancel();
  expect(await end).toMatchObject({ status: 'CANCELLED' });
});

test('a real coordinator serves health, asks its database and objects, and says NOT_SERVING as it stops', async () => {
  const coordinator = await startTestCoordinator({ auth: 'token' });
  const client = dynamicClient('grpc.health.v1.Health', coordinator.grpcPort);
  const { end, seen } = watch(client, '');
  await expect.poll(() => seen).toEqual(['SERVING']);
  const admin = dynamicClient('clipgrid.v1.AdminService', coordinator.grpcPort);
  const events = endOf(admin.watch('WatchEvents', {}).resume());
  expect(await events).toMatchObject({ status: 'UNAUTHENTICATED' });
  await coordinator.close();
  expect(await end).toEqual({
    status: 'UNAVAILABLE',
    code: 'unavailable',
    details: 'the coordinator is stopping; come back',
  });
  expect(seen).toEqual(['SERVING', 'NOT_SERVING']);
  for (const one of [client, admin]) one.close();
});

type Asked = NonNullable<ServerReflectionRequest['messageRequest']>;

/** One question by a client that knows the wire format only; `version` is v1 or v1alpha. */
async function reflect(
  version: string,
  messageRequest: Asked | undefined,
): Promise<ServerReflectionResponse> {
  const client = new Client(`127.0.0.1:${running.rpc.port}`, credentials.createInsecure());
  const stream = client.makeBidiStreamRequest(
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    (request: ServerReflectionRequest) => Buffer.from(ServerReflectionRequest.encode(request).finish()),
    (bytes: Buffer) => ServerReflectionResponse.decode(bytes),
    new Metadata(),
  );
  const answer = new Promise<ServerReflectionResponse>((resolve, reject) => {
    stream.once('data', resolve);
    stream.once('error', reject);
  });
  stream.write({ host: 'here', messageRequest });
  const response = await answer;
  stream.end();
  client.close();
  return response;
}

test.each(['v1', 'v1alpha'])('reflection %s gives a file with all that it imports', async (version) => {
  const asked = { $case: 'fileContainingSymbol', value: 'clipgrid.v1.AdminService.WatchEvents' } as const;
  const { messageResponse, originalRequest } = await reflect(version, asked);
  expect(originalRequest?.messageRequest).toEqual(asked);
  if (messageResponse?.$case !== 'fileDescriptorResponse') throw new Error(JSON.stringify(messageResponse));
  const files = messageResponse.value.fileDescriptorProto.map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  );
  expect(files[0]?.name).toBe('clipgrid/v1/admin.proto');
  const names = files.map((file) => file.name);
  expect(new Set(names).size).toBe(names.length);
  for (const file of files) for (const name of file.dependency) expect(names).toContain(name);
  expect(names).toContain('google/protobuf/timestamp.proto');
});

test('reflection answers what it cannot find with an error inside the stream', async () => {
  const answers: readonly [Asked | undefined, number, string][] = [
    [{ $case: 'fileByFilename', value: 'no/such.proto' }, 5, 'nothing here is called "no/such.proto"'],
    [{ $case: 'fileContainingSymbol', value: 'x.Y' }, 5, 'nothing here is called "x.Y"'],
    [{ $case: 'allExtensionNumbersOfType', value: 'x.Y' }, 5, 'no extensions'],
    [undefined, 3, 'message_request is missing'],
  ];
  for (const [asked, errorCode, words] of answers) {
    const { messageResponse } = await reflect('v1', asked);
    expect(messageResponse).toEqual({
      $case: 'errorResponse',
      value: { errorCode, errorMessage: expect.stringContaining(words) as string },
    });
  }
});
