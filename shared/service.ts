/** Something with a life: started once, stopped once, in reverse order of the start. */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  /** Ends what was started and waits for it. Safe to call when the start failed half way. */
  stop(): Promise<void>;
}

/** Starts services in order; when one fails, those before it are stopped and the error is thrown. */
export async function startAll(services: readonly Service[]): Promise<void> {
  const started: Service[] = [];
  for (const service of services) {
    try {
      started.push(service);
      await service.start();
    } catch (error) {
      await stopAll(started).catch(() => undefined);
      throw error;
    }
  }
}

/** Stops services in reverse order. All are tried; the first error is thrown at the end. */
export async function stopAll(services: readonly Service[]): Promise<void> {
  const errors: unknown[] = [];
  for (const service of services.toReversed()) {
    try {
      await service.stop();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
