import {
  Client,
  credentials,
  Metadata,
  type CallOptions,
  type ChannelCredentials,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { AdminServiceService } from '../shared/gen/clipgrid/v1/admin.ts';

export interface AdminOptions {
  /** host:port of gRPC. */
  readonly address: string;
  /** An administrator's; not needed where the grid asks for none. */
  readonly token?: string | undefined;
  /** PEM of the CA that signed the coordinator's certificate, or `system`; absent: plain text. */
  readonly ca?: Buffer | 'system';
}

type Service = typeof AdminServiceService;

/** One method: a request of which fields may be left out, and an answer, or a stream of answers that ends when it is left. */
type Method<D> = D extends {
  readonly responseStream: infer Streams;
  readonly requestSerialize: (value: infer Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => infer Response;
}
  ? (
      request?: Partial<Request>,
      options?: { signal?: AbortSignal },
    ) => Streams extends true ? AsyncIterable<Response> : Promise<Response>
  : never;

/** The admin service, typed by its .proto file. Rejects with gRPC's `ServiceError`. */
export type AdminClient = { readonly [Name in keyof Service]: Method<Service[Name]> } & { close(): void };

type Definition = MethodDefinition<object, object>;

function channel({ ca }: AdminOptions): ChannelCredentials {
  if (ca === undefined) return credentials.createInsecure();
  return credentials.createSsl(ca === 'system' ? null : ca);
}

function cancelWith(signal: AbortSignal | undefined, call: { cancel(): void }): () => void {
  const cancel = (): void => call.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted) cancel();
  return () => signal?.removeEventListener('abort', cancel);
}

/** Opens the admin service at `options.address`. `close` it, or the process stays up while a connection is. */
export function createAdminClient(options: AdminOptions): AdminClient {
  const client = new Client(options.address, channel(options));
  const metadata = new Metadata();
  if (options.token) metadata.set('authorization', `Bearer ${options.token}`);
  const limits: CallOptions = {};

  const unary =
    (method: Definition) =>
    (request: object = {}, { signal }: { signal?: AbortSignal } = {}): Promise<object> =>
      new Promise((resolve, reject) => {
        const done = (error: ServiceError | null, response?: object): void => {
          leave();
          if (error) reject(error);
          else resolve(response ?? {});
        };
        const { path, requestSerialize, requestDeserialize, responseDeserialize } = method;
        // Every field of an empty message has its default.
        const whole = { ...requestDeserialize(Buffer.alloc(0)), ...request };
        const call = client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          whole,
          metadata,
          limits,
          done,
        );
        const leave = cancelWith(signal, call);
      });

  const stream = (method: Definition) =>
    async function* (
      request: object = {},
      { signal }: { signal?: AbortSignal } = {},
    ): AsyncGenerator<object, void> {
      const { path, requestSerialize, requestDeserialize, responseDeserialize } = method;
      const whole = { ...requestDeserialize(Buffer.alloc(0)), ...request };
      const call = client.makeServerStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        whole,
        metadata,
      );
      const leave = cancelWith(signal, call);
      try {
        for await (const message of call) yield message as object;
      } finally {
        leave();
        call.cancel();
      }
    };

  const methods = Object.entries(AdminServiceService as unknown as Record<string, Definition>).map(
    ([name, method]) => [name, method.responseStream ? stream(method) : unary(method)],
  );
  return { ...Object.fromEntries(methods), close: () => client.close() } as AdminClient;
}
