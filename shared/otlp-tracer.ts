import { ROOT_CONTEXT, SpanStatusCode, trace, type Context, type Span as OtelSpan } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Clock } from './clock.ts';
import { scrubLine } from './scrub.ts';
import { parseTraceparent, type Span, type SpanAttributes, type Tracer } from './trace.ts';
import { VERSION } from './version.ts';

export interface OtlpOptions {
  /** Of an OpenTelemetry collector that speaks OTLP over HTTP: `http://otel.lab:4318`. */
  readonly endpoint: string;
  /** `clipgrid-coordinator` or `clipgrid-agent`. */
  readonly service: string;
  /** Which of them. */
  readonly instance: string;
  readonly clock: Clock;
}

/** Spans that wait to be sent: more are dropped (L9). */
const MAX_WAITING = 4_096;
const BATCH = 512;
const EVERY_MS = 1_000;
const SENT_WITHIN_MS = 5_000;
/** What the end of the process waits for the last of them. */
const FLUSHED_WITHIN_MS = 2_000;
const MAX_MESSAGE_CHARS = 500;

function contextOf(parent: string): Context {
  const known = parseTraceparent(parent);
  if (known === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, flags } = known;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, isRemote: true });
}

function traceparentOf(span: OtelSpan): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

function wrap(span: OtelSpan): Span {
  return {
    traceparent: traceparentOf(span),
    set: (attributes) => void span.setAttributes({ ...attributes }),
    fail(message) {
      const said = message.split('\n').map(scrubLine).join('\n').slice(0, MAX_MESSAGE_CHARS);
      span.setStatus({ code: SpanStatusCode.ERROR, message: said });
    },
    end: () => span.end(),
  };
}

function tracesUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith('/v1/traces')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`;
  return url.href;
}

/** Sends spans to an OpenTelemetry collector. One that is away or slow costs spans, and nothing else. */
export function createOtlpTracer(options: OtlpOptions): { readonly tracer: Tracer; stop(): Promise<void> } {
  const exporter = new OTLPTraceExporter({
    url: tracesUrl(options.endpoint),
    timeoutMillis: SENT_WITHIN_MS,
    concurrencyLimit: 2,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': options.service,
      'service.version': VERSION,
      'service.instance.id': options.instance,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: MAX_WAITING,
        maxExportBatchSize: BATCH,
        scheduledDelayMillis: EVERY_MS,
        exportTimeoutMillis: SENT_WITHIN_MS,
      }),
    ],
  });
  const inner = provider.getTracer('clipgrid', VERSION);
  const start = (name: string, parent: string, attributes: SpanAttributes = {}): Span =>
    wrap(inner.startSpan(name, { attributes: { ...attributes } }, contextOf(parent)));
  return {
    tracer: { start },
    async stop() {
      const ended = new AbortController();
      const stopped = provider.shutdown().catch(() => undefined);
      await Promise.race([stopped, options.clock.sleep(FLUSHED_WITHIN_MS, ended.signal)]);
      ended.abort();
    },
  };
}
