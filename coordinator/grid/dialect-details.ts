/** What a dialect knows of a job of its own, for people: names and values; none of another dialect's job. */
export type DialectDetails = (job: {
  readonly jobId: string;
  readonly dialect: string;
}) => Promise<Readonly<Record<string, string>>>;
