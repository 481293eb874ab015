import type { Span, Tracer } from '../shared/trace.ts';
import { spanIds } from '../shared/trace.ts';
import type { LeaseGrant } from '../shared/gen/clipgrid/v1/lease.ts';
import type { ToolExit } from './subprocess.ts';

/** The spans of one attempt: the task, below it what it is busy with, and below that each tool. */
export class TaskTrace {
  readonly #tracer: Tracer;
  readonly #task: Span;
  readonly #ids: ReturnType<typeof spanIds>;
  #phase: { readonly name: string; readonly span: Span } | undefined;

  constructor(tracer: Tracer, grant: LeaseGrant, agentId: string) {
    this.#tracer = tracer;
    const { fence, jobId, spec } = grant;
    this.#ids = spanIds({ job: jobId, task: fence?.taskId, lease: fence?.leaseId, agent: agentId });
    this.#task = tracer.start(`task ${spec?.kind?.$case ?? ''}`, grant.traceparent, this.#ids);
  }

  /** The attempt goes on to its next phase, if it is another one. Returns its traceparent. */
  phase(name: string): string {
    if (this.#phase?.name !== name) {
      this.#phase?.span.end();
      this.#phase = { name, span: this.#tracer.start(name, this.#task.traceparent, this.#ids) };
    }
    return this.#phase.span.traceparent;
  }

  /** A tool was started; what comes back is called at its end. */
  tool(name: string): (exit: ToolExit) => void {
    const parent = this.#phase?.span.traceparent ?? this.#task.traceparent;
    const span = this.#tracer.start(`tool ${name}`, parent, this.#ids);
    return ({ code, signal, spawnError }) => {
      span.set({ 'process.exit.code': code ?? undefined });
      if (spawnError) span.fail(spawnError.message);
      else if (signal) span.fail(`ended by ${signal}`);
      else if (code !== 0) span.fail(`exit code ${code}`);
      span.end();
    };
  }

  fail(message: string): void {
    this.#phase?.span.fail(message);
    this.#task.fail(message);
  }

  end(): void {
    this.#phase?.span.end();
    this.#task.end();
  }
}
