import { credentials, Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import type { Fence } from '../../shared/gen/clipgrid/v1/lease.ts';
import {
  AgentServiceClient,
  Hello,
  type SessionRequest,
  type SessionResponse,
  type Pause,
} from '../../shared/gen/clipgrid/v1/session.ts';

type Message = NonNullable<SessionResponse['message']>;
type Case = Message['$case'];
type ValueOf<C extends Case> = Extract<Message, { $case: C }>['value'];

const WAIT_MS = 60_000;

/** The agent's side of a session, moved by hand: no tools, no timers. */
export class FakeAgent {
  readonly #client: AgentServiceClient;
  readonly #stream: ClientDuplexStream<SessionRequest, SessionResponse>;
  readonly #arrived: Message[] = [];
  #wake: (() => void)[] = [];
  #sequence = 0;

  private constructor(port: number, token: string | undefined) {
    this.#client = new AgentServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    this.#stream = this.#client.session(metadata);
    this.#stream.on('error', () => undefined);
    this.#stream.on('data', ({ message }: SessionResponse) => {
      if (message) this.#arrived.push(message);
      for (const wake of this.#wake) wake();
      this.#wake = [];
    });
  }

  /** Connects and says Hello; the agent can do `capabilities`. */
  static async connect(
    port: number,
    hello: Omit<Partial<Hello>, 'protocol'> & { readonly token?: string } = {},
  ): Promise<FakeAgent> {
    const { token, ...said } = hello;
    const agent = new FakeAgent(port, token);
    const known = { agentId: 'fake', name: said.agentId ?? 'fake', version: 'test', protocol: 1, slots: 1 };
    const capabilities = ['program:ffmpeg', 'encoder:libx264', 'encoder:ffv1'];
    agent.send({ $case: 'hello', value: Hello.create({ ...known, capabilities, ...said }) });
    await agent.next('welcome');
    agent.beat([]);
    return agent;
  }

  send(message: NonNullable<SessionRequest['message']>): void {
    this.#stream.write({ message });
  }

  beat(fences: readonly Fence[], pause?: Pause): void {
    const leases = fences.map((fence) => ({
      fence,
      framesDone: 0,
      framesTotal: 0,
      fps: 0,
      speed: 0,
      phase: 'filter',
      logTail: '',
    }));
    this.send({ $case: 'heartbeat', value: { sequence: ++this.#sequence, load: undefined, leases, pause } });
  }

  /** The next message of that kind, in their order; others stay. */
  async next<C extends Case>(kind: C): Promise<ValueOf<C>> {
    const deadline = AbortSignal.timeout(WAIT_MS);
    for (;;) {
      const at = this.#arrived.findIndex((message) => message.$case === kind);
      if (at >= 0) return this.#arrived.splice(at, 1)[0]?.value as ValueOf<C>;
      if (deadline.aborted) throw new Error(`no ${kind} came: ${JSON.stringify(this.#arrived)}`);
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
        deadline.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }
}
