import { GridError } from '../shared/errors.ts';
import type {
  CommitResult,
  Fence,
  PartComplete,
  TaskComplete,
  TaskFailed,
  UploadGrant,
  UploadRequest,
} from '../shared/gen/clipgrid/v1/lease.ts';
import type { SessionRequest } from '../shared/gen/clipgrid/v1/session.ts';

type Message = NonNullable<SessionRequest['message']>;
type Question =
  | { readonly $case: 'uploadRequest'; readonly value: UploadRequest }
  | { readonly $case: 'complete'; readonly value: TaskComplete }
  | { readonly $case: 'part'; readonly value: PartComplete }
  | { readonly $case: 'failed'; readonly value: TaskFailed };

interface Pending {
  readonly question: Question;
  readonly fence: Fence;
  resolve(answer: UploadGrant | CommitResult): void;
  reject(error: GridError): void;
}

/** What tasks say to the coordinator, over whichever session there is: questions outlive a broken stream. */
export class Link {
  #send: ((message: Message) => void) | undefined;
  #standing: Message | undefined;
  #session = 0;
  #takesOutput = false;
  readonly #pending = new Set<Pending>();

  /** A session is there: unanswered questions about leases that were kept are asked again. */
  attach(send: (message: Message) => void, kept: readonly Fence[], takesOutput = false): void {
    this.#send = send;
    this.#session++;
    this.#takesOutput = takesOutput;
    if (this.#standing) send(this.#standing);
    const leases = new Set(kept.map((fence) => fence.leaseId));
    for (const pending of this.#pending) {
      if (leases.has(pending.fence.leaseId)) send(pending.question);
      // A commit may have been taken just before the break: the database knows (L3), so it is asked all the same.
      else if (pending.question.$case === 'complete') send(pending.question);
      else this.#fail(pending, 'the lease was lost while the connection was');
    }
  }

  /** Whether a session is there. */
  get isAttached(): boolean {
    return this.#send !== undefined;
  }

  detach(): void {
    this.#send = undefined;
  }

  /** Which session there is, or was last, counted from 1. */
  get session(): number {
    return this.#session;
  }

  /** A session is there whose coordinator knows what to do with the output of tools. */
  get takesOutput(): boolean {
    return this.#send !== undefined && this.#takesOutput;
  }

  tell(message: Message): void {
    this.#send?.(message);
  }

  /** Told now, and first of all in every session to come. */
  announce(message: Message): void {
    this.#standing = message;
    this.tell(message);
  }

  async askUpload(value: UploadRequest, signal: AbortSignal): Promise<UploadGrant> {
    return (await this.#ask({ $case: 'uploadRequest', value }, signal)) as UploadGrant;
  }

  async askCommit(
    question: Extract<Question, { $case: 'complete' | 'failed' }>,
    signal: AbortSignal,
  ): Promise<CommitResult> {
    return (await this.#ask(question, signal)) as CommitResult;
  }

  async askPart(value: PartComplete, signal: AbortSignal): Promise<CommitResult> {
    return (await this.#ask({ $case: 'part', value }, signal)) as CommitResult;
  }

  answerUpload(answer: UploadGrant): void {
    this.#answer(answer, (pending) => pending.question.$case === 'uploadRequest');
  }

  answerCommit(answer: CommitResult): void {
    this.#answer(answer, ({ question }) => question.$case === 'complete' || question.$case === 'failed');
  }

  answerPart(answer: CommitResult): void {
    this.#answer(answer, (pending) => pending.question.$case === 'part');
  }

  #ask(question: Question, signal: AbortSignal): Promise<UploadGrant | CommitResult> {
    const { fence } = question.value;
    if (fence === undefined) throw new GridError('internal', 'a question about a lease needs its fence');
    return new Promise((resolve, reject) => {
      const pending: Pending = { question, fence, resolve, reject };
      this.#pending.add(pending);
      const aborted = (): void => this.#fail(pending, 'the lease was lost');
      if (signal.aborted) return aborted();
      signal.addEventListener('abort', aborted, { once: true });
      this.#send?.(question);
    });
  }

  #fail(pending: Pending, message: string): void {
    if (this.#pending.delete(pending)) pending.reject(new GridError('lost_lease', message));
  }

  #answer(answer: UploadGrant | CommitResult, fits: (pending: Pending) => boolean): void {
    for (const pending of this.#pending) {
      if (pending.fence.leaseId !== answer.fence?.leaseId || !fits(pending)) continue;
      this.#pending.delete(pending);
      pending.resolve(answer);
      return;
    }
  }
}
