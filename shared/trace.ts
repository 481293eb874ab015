export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** One stretch of work in a trace. Ended once; what is said afterwards is lost. */
export interface Span {
  /** W3C Trace Context, for those who go on with the trace; empty when tracing is off. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /** It went wrong. Messages are for people: no addresses that carry a signature. */
  fail(message: string): void;
  end(): void;
}

/** Where spans go. It never waits, and what cannot be sent is dropped. */
export interface Tracer {
  /** `parent`: a traceparent; empty or broken: a new trace begins. */
  start(name: string, parent: string, attributes?: SpanAttributes): Span;
}

const NO_SPAN: Span = { traceparent: '', set: () => undefined, fail: () => undefined, end: () => undefined };

/** Tracing is off. */
export const NO_TRACES: Tracer = { start: () => NO_SPAN };

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The parts of a traceparent of version 00; undefined for what is none. */
export function parseTraceparent(
  text: string,
): { readonly traceId: string; readonly spanId: string; readonly flags: number } | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** Fields of log lines about a trace; none where there is none. */
export function traceFields(traceparent: string): { readonly trace?: string } {
  const trace = parseTraceparent(traceparent)?.traceId;
  return trace === undefined ? {} : { trace };
}

/** What a span is about, by the names that all spans have. */
export function spanIds(ids: {
  readonly job?: string | undefined;
  readonly task?: string | undefined;
  readonly lease?: string | undefined;
  readonly agent?: string | undefined;
}): SpanAttributes {
  return {
    'clipgrid.job.id': ids.job,
    'clipgrid.task.id': ids.task,
    'clipgrid.lease.id': ids.lease,
    'clipgrid.agent.id': ids.agent,
  };
}

/** Runs `work` within a span, which fails with it. */
export async function inSpan<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  try {
    return await work(span);
  } catch (thrown) {
    span.fail(thrown instanceof Error ? thrown.message : String(thrown));
    throw thrown;
  } finally {
    span.end();
  }
}
