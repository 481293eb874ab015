import type { Measurement } from './measurement.ts';
import { accept } from './measurements/accept.ts';
import { dashboard } from './measurements/dashboard.ts';
import { dispatch } from './measurements/dispatch.ts';
import { encode } from './measurements/encode.ts';
import { finalripReads } from './measurements/finalrip-reads.ts';
import { ladder } from './measurements/ladder.ts';
import { leaseSql } from './measurements/lease-sql.ts';
import { load } from './measurements/load.ts';
import { manyJobs } from './measurements/many-jobs.ts';
import { objectBytes } from './measurements/object-bytes.ts';
import { openencoderRates } from './measurements/openencoder-rates.ts';
import { throughput } from './measurements/throughput.ts';
import { uploadMemory } from './measurements/upload-memory.ts';
import { watchers } from './measurements/watchers.ts';

/** All measurements, in the order in which they run. */
export const MEASUREMENTS: readonly Measurement[] = [
  dispatch,
  throughput,
  leaseSql,
  accept,
  encode,
  ladder,
  objectBytes,
  uploadMemory,
  finalripReads,
  manyJobs,
  openencoderRates,
  watchers,
  dashboard,
  load,
];
