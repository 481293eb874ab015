import type { Transaction } from '../../../store/transaction.ts';
import type { DialectParts } from '../../dialect.ts';
import type { SettingStore } from '../settings/setting-store.ts';
import type { JobRow } from './job-store.ts';

/** Owner of all jobs of this API. */
export const OWNER = 'openencoder';

/** Slack's own: the three characters that mean something in its texts. */
function plain(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** What Slack is sent of a job; places are told as they were submitted, never as addresses that open. */
export function slackBody(
  job: Pick<JobRow, 'guid' | 'preset' | 'source' | 'destination'>,
  error?: string,
): string {
  const lines = [
    error === undefined ? '*Encode completed*' : `*Encode failed*: ${plain(error.slice(0, 1000))}`,
    `guid: ${job.guid}`,
    `preset: ${plain(job.preset)}`,
    `source: ${plain(job.source)}`,
    `destination: ${plain(job.destination)}`,
  ];
  const color = error === undefined ? 'good' : 'danger';
  return JSON.stringify({ attachments: [{ color, text: lines.join('\n') }] });
}

/** Tells Slack how a job ended, through the grid's outbox: sent when the transaction is committed. */
export class Notices {
  readonly #parts: DialectParts;
  readonly #options: SettingStore;

  constructor(parts: DialectParts, options: SettingStore) {
    this.#parts = parts;
    this.#options = options;
  }

  /** What is to be done in the job's transaction. `error` absent: it is completed. */
  async of(job: JobRow, error?: string): Promise<(tx: Transaction) => Promise<void>> {
    const { grid, logger } = this.#parts;
    const url = await this.#options.all().then(
      (values) => values.SLACK_WEBHOOK,
      // Secrets that cannot be opened any more must not keep a job from its end.
      () => '',
    );
    return async (tx) => {
      if (url === '') return;
      const webhook = { ownerId: OWNER, url, body: slackBody(job, error) };
      await grid.webhooks.enqueue(webhook, tx).catch((thrown: unknown) => {
        // A webhook that cannot be is no reason to lose a job; the address may hold a secret.
        logger.warn({ job: job.job_id, code: (thrown as { code?: string }).code }, 'Slack is not told');
      });
    };
  }
}
