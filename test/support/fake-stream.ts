import { EventEmitter } from 'node:events';
import type {
  AgentServiceClient,
  SessionRequest,
  SessionResponse,
} from '../../shared/gen/clipgrid/v1/session.ts';

type Said = NonNullable<SessionRequest['message']>;
type ValueOf<C extends Said['$case']> = Extract<Said, { $case: C }>['value'];

/** The agent's end of a session stream without a network: what it says is gathered, what the coordinator says is given. */
export class FakeStream extends EventEmitter {
  readonly said: Said[] = [];
  writable = true;
  cancelled = false;

  write({ message }: SessionRequest): void {
    if (message) this.said.push(message);
  }

  end(): void {
    this.writable = false;
  }

  cancel(): void {
    this.writable = false;
    this.cancelled = true;
  }

  hear(message: NonNullable<SessionResponse['message']>): void {
    this.emit('data', { message });
  }

  /** Everything of one kind that was said. */
  all<C extends Said['$case']>(kind: C): ValueOf<C>[] {
    return this.said.filter((one) => one.$case === kind).map((one) => one.value as ValueOf<C>);
  }

  /** A client whose every session is this stream. */
  get client(): AgentServiceClient {
    return { session: () => this } as unknown as AgentServiceClient;
  }
}
