import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UrlSigner } from '../../coordinator/objects/signed-token.ts';
import { FinalripClient } from './finalrip-client.ts';
import { freePort } from './ports.ts';
import { startShippedGrid } from './shipped-grid.ts';

/** For tests in which real tools run: the machine may be busy. */
export const JOB_MS = 180_000;
export const TOKEN = 'a token for tests';

/** Passes every frame on. */
export const SCRIPT = `import os
import vapoursynth as vs
clip = vs.core.bs.VideoSource(os.environ['FINALRIP_SOURCE'])
clip.set_output()
`;
/** As above, `seconds` a frame: a clip that is in work for as long as a test needs it. */
export function slowScript(seconds: number): string {
  return `import os, time
import vapoursynth as vs
clip = vs.core.bs.VideoSource(os.environ['FINALRIP_SOURCE'])
def wait(n, f):
    time.sleep(${seconds})
    return f
vs.core.std.ModifyFrame(clip, clip, wait).set_output()
`;
}
export const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast FINALRIP_ENCODED_CLIP.mkv';

/** A film with sound: `seconds` at 25 fps with a keyframe each second, so that it makes several clips from 4 s on. */
export function makeFilm(path: string, seconds: number): void {
  const video = ['-f', 'lavfi', '-i', `testsrc2=size=160x90:rate=25:duration=${seconds}`];
  const audio = ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`];
  const codecs = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '25',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
  ];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...video, ...audio, ...codecs, path]);
}

export interface FinalripGridOptions {
  readonly agents?: number;
  /** Further settings, as in the environment of `clipgrid coordinator`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A level other than silent shows what happens. */
  readonly log?: string;
}

/** A coordinator as it is shipped, wired from its settings, with FinalRip's port and real agents; all in this process. */
export async function startFinalripGrid(options: FinalripGridOptions = {}) {
  const grid = await startShippedGrid({
    name: 'finalrip',
    agents: options.agents ?? 2,
    vapourSynthFile: resolve('.cache/vapoursynth/clipgrid.json'),
    ...(options.log === undefined ? {} : { log: options.log }),
    environment: async () => ({
      CLIPGRID_FINALRIP_PORT: String(await freePort()),
      CLIPGRID_FINALRIP_TOKEN: TOKEN,
      ...options.environment,
    }),
  });
  const { folder, mainUrl, query, clock } = grid;
  const url = grid.urlOf('finalrip');

  /** Looks into the object folder behind the API's back. */
  async function objectStatus(key: string, bucket = 'finalrip'): Promise<number> {
    const signer = new UrlSigner(readFileSync(join(folder, 'data/url-secret'), 'utf8').trim());
    const expiresAtS = Math.ceil(clock.wallMs() / 1000) + 60;
    const token = signer.sign({ method: 'GET', bucket, key, expiresAtS });
    const answer = await fetch(`${mainUrl}/objects/${token}`, { method: 'HEAD' });
    return answer.status;
  }

  /** As the folder store lays objects out: without its entry there is no object. */
  async function removeObject(key: string): Promise<void> {
    const [bucket, name] = ['finalrip', key].map((text) => createHash('sha256').update(text).digest('hex'));
    const entry = join(
      folder,
      'data/objects/objects',
      bucket ?? '',
      (name ?? '').slice(0, 2),
      `${name}.json`,
    );
    await rm(entry);
  }

  return {
    ...grid,
    url,
    client: new FinalripClient({ url, token: TOKEN }),
    /** Stops the coordinator and starts another with these settings besides; agents come back by themselves. */
    restart: (changed: Readonly<Record<string, string>> = {}) =>
      grid.restart({ CLIPGRID_FINALRIP_TOKENS: '', ...changed }),
    /** Takes back published names, rows and objects. */
    async forgetPublished(names: readonly string[]): Promise<void> {
      await query('delete from finalrip_published where object_key = any($1)', [names]);
      for (const name of names) await removeObject(name);
    },
    addGarbage: (root: string, names: readonly string[]) =>
      query(
        `insert into finalrip_garbage (owner_id, root, bucket, object_keys) values ('finalrip', $1, 'finalrip', $2)`,
        [root, names],
      ),
    /** As the own API's DELETE does. */
    async removeJob(key: string): Promise<void> {
      const [row] = await query('select job_id from finalrip_tasks where video_key = $1', [key]);
      const answer = await fetch(`${mainUrl}/api/v1/jobs/${row?.['job_id'] as string}`, { method: 'DELETE' });
      if (answer.status !== 204) throw new Error(`DELETE of the job: ${answer.status}`);
    },
    /** Which of the names are objects in the bucket. */
    async objectsNamed(names: readonly string[], bucket?: string): Promise<string[]> {
      const found = await Promise.all(names.map(async (name) => (await objectStatus(name, bucket)) === 200));
      return names.filter((_, i) => found[i]);
    },
  };
}

export type FinalripGrid = Awaited<ReturnType<typeof startFinalripGrid>>;
