import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Middleware } from 'koa';
import type { Clock } from '../../shared/clock.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Service } from '../../shared/service.ts';
import type { Grid } from '../grid/face.ts';
import type { ObjectRef, ObjectStore } from '../objects/object-store.ts';
import type { Db } from '../store/transaction.ts';

/** One request and its answer, for what streams bytes. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What a dialect is built on. It knows the grid by its face only; the grid knows no dialect. */
export interface DialectParts {
  readonly grid: Grid;
  readonly db: Db;
  readonly objects: ObjectStore;
  /** Answers with an object's bytes (ranges too) as an attachment of that name; throws before the first byte or not at all. */
  serveObject(ref: ObjectRef, fileName: string, exchange: Exchange): Promise<void>;
  /** The same with bytes that the grid made, or given ones, under headers of the dialect's choice; an `ETag` is heeded. */
  serveFile(
    content: ObjectRef | Uint8Array,
    headers: Readonly<Record<string, string>>,
    exchange: Exchange,
  ): Promise<void>;
  /** The main port as browsers reach it, without a slash at the end. */
  readonly publicUrl: string;
  /** Address that the ports listen on. */
  readonly host: string;
  /** host:port of gRPC as programs on this machine reach it. */
  readonly grpcAddress: string;
  /** Folder for what this process keeps. Absolute path. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
}

/** A REST surface for the clients of another program. */
export interface Dialect {
  readonly name: string;
  /** A port of its own; 0: none. */
  readonly port: number;
  /** On its own port: answers everything. */
  readonly app: Middleware;
  /** On the main port: answers the paths that are its own and passes all others on. */
  readonly mount: Middleware;
  /** What it knows of a job of its own, for people: names and values. Cheap. */
  details(jobId: string): Promise<Readonly<Record<string, string>>>;
  /** Started after the grid's, before any port listens. */
  readonly services: readonly Service[];
}
