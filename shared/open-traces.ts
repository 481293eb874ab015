import type { OtlpOptions } from './otlp-tracer.ts';
import { NO_TRACES, type Tracer } from './trace.ts';

export interface OpenedTraces {
  readonly tracer: Tracer;
  /** Sends the last of them; takes 2 s at most. */
  stop(): Promise<void>;
}

/** Where traces go. Without an endpoint nothing of OpenTelemetry is even loaded. */
export async function openTraces(
  endpoint: string | undefined,
  options: Omit<OtlpOptions, 'endpoint'>,
): Promise<OpenedTraces> {
  if (endpoint === undefined) return { tracer: NO_TRACES, stop: async () => undefined };
  const { createOtlpTracer } = await import('./otlp-tracer.ts');
  return createOtlpTracer({ endpoint, ...options });
}
