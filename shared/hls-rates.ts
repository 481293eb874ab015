/** A file of a playlist: how long it is shown, in microseconds, and its size. */
export interface TimedFile {
  readonly durationUs: number;
  readonly sizeBytes: number;
}

/** In whole seconds: no file lasts longer once its duration is rounded (RFC 8216, 4.3.3.1). At least 1. */
export function targetSeconds(files: readonly TimedFile[]): number {
  return files.reduce((most, { durationUs }) => Math.max(most, Math.round(durationUs / 1e6)), 1);
}

/** In bits a second, rounded up. */
function bandwidth(sizeBytes: number, durationUs: number): number {
  return Math.ceil((sizeBytes * 8e6) / Math.max(1, durationUs));
}

/** Of all files together, in bits a second (RFC 8216, 4.3.4.2). */
export function averageBandwidth(files: readonly TimedFile[]): number {
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return bandwidth(bytes, durationOf(files));
}

function durationOf(files: readonly TimedFile[]): number {
  return files.reduce((sum, { durationUs }) => sum + durationUs, 0);
}

/**
 * The highest bits a second of any files in a row that last 0.5 to 1.5 times the target duration together (RFC 8216,
 * 4.3.4.2): a short last file does not count by itself. Never below the average.
 */
export function peakBandwidth(files: readonly TimedFile[]): number {
  const targetUs = targetSeconds(files) * 1e6;
  let peak = averageBandwidth(files);
  files.forEach((_file, first) => {
    let bytes = 0;
    let lastsUs = 0;
    for (const { durationUs, sizeBytes } of files.slice(first)) {
      bytes += sizeBytes;
      lastsUs += durationUs;
      if (lastsUs > 1.5 * targetUs) break;
      if (lastsUs >= 0.5 * targetUs) peak = Math.max(peak, bandwidth(bytes, lastsUs));
    }
  });
  return peak;
}
