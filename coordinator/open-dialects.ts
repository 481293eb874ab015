import type { DialectParts, Dialect } from './dialects/dialect.ts';
import { createAnime } from './dialects/anime/anime.ts';
import { createFinalrip } from './dialects/finalrip/finalrip.ts';
import { createOpenencoder } from './dialects/openencoder/openencoder.ts';
import type { DialectDetails } from './grid/dialect-details.ts';
import { serveFile, serveObject } from './objects/serve-object.ts';
import { localHost, localUrl, type CoordinatorSettings } from './settings.ts';

export interface OpenDialects extends Omit<
  DialectParts,
  'serveObject' | 'serveFile' | 'publicUrl' | 'host' | 'grpcAddress' | 'dataDir'
> {
  readonly settings: CoordinatorSettings;
}

/** Each dialect tells of its own jobs. */
export function dialectDetails(dialects: readonly Dialect[]): DialectDetails {
  return async ({ jobId, dialect }) =>
    (await dialects.find(({ name }) => name === dialect)?.details(jobId)) ?? {};
}

/** All REST surfaces for other programs' clients; a new one is one more line. */
export async function openDialects({ settings, ...over }: OpenDialects): Promise<Dialect[]> {
  const parts: DialectParts = {
    ...over,
    host: settings.host,
    grpcAddress: `${localHost(settings)}:${settings.grpcPort}`,
    dataDir: settings.dataDir,
    publicUrl: settings.publicUrl ?? localUrl(settings),
    serveObject: (ref, fileName, exchange) => serveObject(over.objects, { ref, fileName, ...exchange }),
    serveFile: (content, headers, exchange) => serveFile(over.objects, { content, headers, ...exchange }),
  };
  return [
    await createFinalrip(settings.finalrip, parts),
    createAnime(settings.anime, parts),
    ...(settings.openencoder ? [createOpenencoder(settings.openencoder, parts)] : []),
  ];
}
