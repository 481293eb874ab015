import { readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openObjects } from '../../coordinator/open-objects.ts';
import { readSettings } from '../../coordinator/settings.ts';
import type { Clock } from '../../shared/clock.ts';
import { toGridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { bytesText } from '../bars.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

const NAME = 'object store';
/** A film, its clips and its result need some room. */
const COMFORTABLE_BYTES = 10 * 1024 ** 3;

type Environment = Readonly<Record<string, string | undefined>>;

interface Parts {
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** Writes, reads and deletes, in the S3 of the settings or in the folder. */
export async function checkStore(environment: Environment, parts: Parts): Promise<Finding> {
  if (environment['CLIPGRID_S3_ENDPOINT']) return checkS3(environment, parts);
  return checkFolder(resolve(environment['CLIPGRID_DATA'] || '.clipgrid'), parts);
}

async function checkS3(environment: Environment, { clock, ids }: Parts): Promise<Finding> {
  const where = `${environment['CLIPGRID_S3_ENDPOINT']}`;
  try {
    // The database is not asked for here; its own check says what is wrong with it.
    const settings = readSettings({ ...environment, DATABASE_URL: 'postgres://unused' });
    const { objects } = await openObjects(settings, { clock, ids, logger: silentLogger });
    const ref = { bucket: settings.bucket, key: `doctor/${ids.randomUuid()}` };
    const written = Buffer.from(ids.secret(32));
    await objects.write(ref, written, { contentType: 'application/octet-stream', createOnly: false });
    const read = await buffer(await objects.read(ref));
    await objects.remove([ref]);
    if (!read.equals(written))
      return fail(NAME, `${where} gave other bytes back than were written`, 'check the server');
    return ok(NAME, `${where}, bucket ${settings.bucket}: written, read and deleted`);
  } catch (thrown) {
    const fix =
      'check CLIPGRID_S3_ENDPOINT, CLIPGRID_S3_ACCESS_KEY and CLIPGRID_S3_SECRET_KEY, and that the server runs';
    return fail(NAME, `${where}: ${toGridError(thrown).message}`, fix);
  }
}

/** The folder itself, or the nearest one above it that exists: that is where it will be made. */
async function nearestFolder(folder: string): Promise<string> {
  const there = await stat(folder).then(
    (info) => info.isDirectory(),
    () => false,
  );
  return there || folder === dirname(folder) ? folder : nearestFolder(dirname(folder));
}

async function checkFolder(folder: string, { ids }: Parts): Promise<Finding> {
  const place = await nearestFolder(folder);
  const file = join(place, `.clipgrid-doctor-${ids.randomUuid()}`);
  try {
    const written = ids.secret(32);
    await writeFile(file, written, { flush: true });
    const same = (await readFile(file, 'utf8')) === written;
    await rm(file);
    if (!same) return fail(NAME, `${place} gave other bytes back than were written`, 'check the disk');
  } catch (thrown) {
    await rm(file, { force: true }).catch(() => undefined);
    const fix = 'give another folder: CLIPGRID_DATA for a coordinator, --data for clipgrid up';
    return fail(NAME, `${folder} cannot be used: ${toGridError(thrown).message}`, fix);
  }
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  const detail = `folder ${folder}: written, read and deleted; ${bytesText(free)} free`;
  return free >= COMFORTABLE_BYTES
    ? ok(NAME, detail)
    : warn(NAME, detail, 'large films will not fit: free some space');
}
