import type { Row } from '../../bench/measurement.ts';
import { Processes } from '../../support/processes.ts';
import { startS3 } from '../../support/s3.ts';
import type { ChaosContext, Scenario } from '../scenario.ts';
import { through } from '../support/networks.ts';
import { ask, outageRows, submission, type Outage, type Told } from '../support/outage.ts';

/** A film that users bring meanwhile cannot be taken: told at its end, since its bytes go to the store directly. */
async function bringFilm(grid: Processes): Promise<Told> {
  const { upload_id: id } = await grid.api.call<{ upload_id: string }>('/uploads', { name: 'new.mkv' });
  return ask(`${grid.api.url}/uploads/${id}/complete`, {});
}

async function run(context: ChaosContext): Promise<Row[]> {
  const s3 = await startS3();
  const { url, network } = await through(s3.url);
  const grid = await Processes.start({ agents: 2, s3: { ...s3, url }, database: await context.database() });
  try {
    const ms = context.short ? 12_000 : 30_000;
    let asked = 0;
    // By turns a job on a film that is there, which is a true yes, and a new film, which is not.
    const asking = (uploadId: string): Promise<Told> =>
      asked++ % 2 === 0 ? bringFilm(grid) : ask(`${grid.api.url}/jobs`, submission(uploadId));
    const refused: Outage = {
      name: 'S3 cut off',
      ms,
      begin: () => network.cut(),
      end: () => network.mend(),
      ask: asking,
      alsoRight: [201],
    };
    const silent: Outage = {
      ...refused,
      name: 'S3 behind a black hole',
      // Asked near its end, answered after it: of the new film no bytes have come.
      alsoRight: [201, 409],
      begin: () => network.swallow(),
      end: () => network.release(),
    };
    const rows: Row[] = [];
    for (const outage of context.short ? [refused] : [refused, silent]) {
      context.say(`objects-away: ${outage.name}`);
      rows.push(...(await outageRows(grid, outage)));
    }
    return rows;
  } finally {
    await grid.close();
    network.close();
    await s3.stop();
  }
}

export const objectsAway: Scenario = {
  name: 'objects-away',
  about: 'the S3 server is cut off, or swallowed by a black hole, while two agents encode and users submit',
  run,
};
