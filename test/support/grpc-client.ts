import { credentials, loadPackageDefinition, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import type { ClientDuplexStream, ClientReadableStream, StatusObject } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** A message as the dynamic client shows it: field names as in the .proto files. */
export type Dynamic = Record<string, unknown>;

const FILES = [
  'clipgrid/v1/session.proto',
  'clipgrid/v1/admin.proto',
  'grpc/health/v1/health.proto',
  'grpc/reflection/v1/reflection.proto',
];

type Callback = (error: ServiceError | null, response: Dynamic) => void;
interface DynamicClient {
  [method: string]: unknown;
  close(): void;
}
type Constructor = new (address: string, with_: unknown, options?: object) => DynamicClient;

/** Clients made of the .proto files at run time: nothing of the generated code takes part. */
export function dynamicClient(
  service: string,
  port: number,
  options: { token?: string; channel?: Readonly<Record<string, unknown>> } = {},
) {
  const definition = loadSync(FILES, {
    includeDirs: ['proto'],
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const constructor = service
    .split('.')
    .reduce<unknown>(
      (at, name) => (at as Record<string, unknown>)[name],
      loadPackageDefinition(definition),
    ) as Constructor;
  // A client of its own connection, so that one test's abuse does not end another's call.
  const channel = { 'grpc.use_local_subchannel_pool': 1, ...options.channel };
  const client = new constructor(`127.0.0.1:${port}`, credentials.createInsecure(), channel);
  const metadata = new Metadata();
  if (options.token !== undefined) metadata.set('authorization', `Bearer ${options.token}`);

  return {
    /** One request, one answer; rejects with the ServiceError. */
    call(method: string, request: Dynamic = {}, deadlineMs = 15_000): Promise<Dynamic> {
      return new Promise((resolve, reject) => {
        const done: Callback = (error, response) => (error ? reject(error) : resolve(response));
        const run = client[method] as (
          request: Dynamic,
          metadata: Metadata,
          options: object,
          done: Callback,
        ) => void;
        run.call(client, request, metadata, { deadline: Date.now() + deadlineMs }, done);
      });
    },
    /** A server stream. */
    watch(method: string, request: Dynamic): ClientReadableStream<Dynamic> {
      const run = client[method] as (request: Dynamic, metadata: Metadata) => ClientReadableStream<Dynamic>;
      return run.call(client, request, metadata);
    },
    /** A bidirectional stream. */
    open(method: string): ClientDuplexStream<Dynamic, Dynamic> {
      const run = client[method] as (metadata: Metadata) => ClientDuplexStream<Dynamic, Dynamic>;
      return run.call(client, metadata);
    },
    close: () => client.close(),
  };
}

/** What a test asks of a failed call. */
export async function failureOf(call: Promise<unknown>): Promise<{
  status: string | undefined;
  details: string;
  code: string;
}> {
  try {
    await call;
  } catch (thrown) {
    return statusOf(thrown as ServiceError);
  }
  throw new Error('the call succeeded');
}

export function statusOf({ code, details, metadata }: StatusObject | ServiceError) {
  return { status: status[code], details, code: String(metadata.get('clipgrid-error-code')[0] ?? '') };
}

/** The end of a stream: its status. Messages are thrown away unless somebody listens. */
export function endOf(
  stream: ClientReadableStream<Dynamic> | ClientDuplexStream<Dynamic, Dynamic>,
): Promise<ReturnType<typeof statusOf>> {
  stream.on('error', () => undefined);
  return new Promise((resolve) => stream.once('status', (end: StatusObject) => resolve(statusOf(end))));
}
