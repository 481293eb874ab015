import {
  Client,
  credentials,
  Metadata,
  status,
  type ClientDuplexStream,
  type StatusObject,
} from '@grpc/grpc-js';
import { decodeResponse, encodeRequest, harmlessHello, type HostileSession } from './grpc-corpus.ts';

const SAME = (bytes: Buffer): Buffer => bytes;
const PATH = '/clipgrid.v1.AgentService/Session';
const LAST_SEQUENCE = 777_777;
const WITHIN_MS = 60_000;

/** How a hostile session or call ended, as the peer sees it. */
export interface Outcome {
  /** `OK`, `INTERNAL`, ...; `alive` when the session goes on. */
  readonly status: string;
  readonly details: string;
  /** Our own code of the error, from the trailers. */
  readonly code: string;
  /** All that came back, as text. */
  readonly said: string;
}

function connection(port: number): Client {
  const options = { 'grpc.use_local_subchannel_pool': 1, 'grpc.max_send_message_length': -1 };
  return new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
}

/** Sends bytes as they are: sessions over a connection each, calls over one. */
export class RawPeer {
  readonly #port: number;
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor(port: number, token: string) {
    this.#port = port;
    this.#client = connection(port);
    this.#metadata.set('authorization', `Bearer ${token}`);
  }

  /** Says all of it, then a proper heartbeat; resolves when that is answered or the stream has ended. */
  session(agentId: string, { kind, greets, messages }: HostileSession): Promise<Outcome> {
    // As agents have: what a stream that was left has not read would take its share of the connection from the next.
    const client = connection(this.#port);
    const stream: ClientDuplexStream<Buffer, Buffer> = client.makeBidiStreamRequest(
      PATH,
      SAME,
      SAME,
      this.#metadata,
    );
    const said: string[] = [];
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stream.cancel();
        const sent = messages.map((one) => one.toString('hex').slice(0, 400));
        reject(
          new Error(
            `a session never ended (${kind}, ${greets}): sent ${sent.join()}; heard ${said.join().slice(0, 500)}`,
          ),
        );
      }, WITHIN_MS);
      const settle = (outcome: Omit<Outcome, 'said'>): void => {
        clearTimeout(timer);
        setImmediate(() => client.close());
        resolve({ ...outcome, said: said.join('\n') });
      };
      stream.on('error', () => undefined);
      stream.on('data', (bytes: Buffer) => {
        const text = JSON.stringify(decodeResponse(bytes));
        said.push(text);
        if (!text.includes(`"sequence":"${LAST_SEQUENCE}"`) && !text.includes(`"low":${LAST_SEQUENCE},`))
          return;
        settle({ status: 'alive', details: '', code: '' });
        stream.cancel();
      });
      stream.once('status', (end: StatusObject) => settle(plain(end)));
      if (greets) stream.write(encodeRequest(harmlessHello(agentId)));
      for (const message of messages) stream.write(message);
      stream.write(encodeRequest({ heartbeat: { sequence: LAST_SEQUENCE } }));
    });
  }

  unary(path: string, bytes: Buffer): Promise<Outcome> {
    return new Promise((resolve) => {
      let said = '';
      const call = this.#client.makeUnaryRequest(
        path,
        SAME,
        SAME,
        bytes,
        this.#metadata,
        (_error, response) => {
          said = response?.toString('latin1') ?? '';
        },
      );
      call.once('status', (end: StatusObject) => setImmediate(() => resolve({ ...plain(end), said })));
    });
  }

  close(): void {
    this.#client.close();
  }
}

function plain({ code, details, metadata }: StatusObject): Omit<Outcome, 'said'> {
  const own = String(metadata.get('clipgrid-error-code')[0] ?? '');
  return { status: status[code], details, code: own };
}
