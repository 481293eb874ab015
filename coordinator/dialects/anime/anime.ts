import type { Dialect, DialectParts } from '../dialect.ts';
import { animeApp, animeMount } from './app.ts';
import type { Context } from './context.ts';
import { jobDetails } from './details.ts';
import { Driver } from './driver.ts';
import { NameStore } from './name-store.ts';
import { SoundStore } from './sound-store.ts';
import type { AnimeSettings } from './settings.ts';
import { JobStore } from './store.ts';
import { SubtitleStore } from './subtitle-store.ts';

/** The HLS ladder's API over the grid. The database must have been migrated. */
export function createAnime(settings: AnimeSettings, parts: DialectParts): Dialect {
  const context: Context = {
    parts,
    settings,
    store: new JobStore(parts.db),
    names: new NameStore(parts.db),
    sounds: new SoundStore(parts.db),
    subtitles: new SubtitleStore(parts.db),
    self: parts.ids.uuid(),
    bring: (taskId, how) => driver.bring(taskId, how),
    wake: (taskId) => driver.add(taskId),
  };
  const driver = new Driver(context);
  return {
    name: 'anime',
    port: settings.port,
    app: animeApp(context),
    mount: animeMount(context),
    details: (jobId) => jobDetails(parts.db, jobId),
    services: [driver],
  };
}
