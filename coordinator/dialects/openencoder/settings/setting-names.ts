/** One of the 18 settings that an administrator edits (contract 2.10). */
export interface SettingRule {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly secure?: boolean;
  /** Of a fresh installation. */
  readonly fresh?: string;
  /** The only values. */
  readonly words?: readonly string[];
}

/** In the order in which they are told. */
export const SETTING_RULES = [
  { name: 'S3_ACCESS_KEY', title: 'S3 access key', description: 'Key id of the object store', secure: true },
  { name: 'S3_SECRET_KEY', title: 'S3 secret key', description: 'Secret of that key', secure: true },
  {
    name: 'DIGITAL_OCEAN_ACCESS_TOKEN',
    title: 'DigitalOcean token',
    description: 'Needed to rent machines there',
    secure: true,
  },
  {
    name: 'SLACK_WEBHOOK',
    title: 'Slack webhook',
    description: 'Is told when a job is completed or ends in an error',
    secure: true,
  },
  {
    name: 'S3_INBOUND_BUCKET',
    title: 'Inbound bucket',
    description: 'Where sources are read',
    fresh: 'inbound',
  },
  {
    name: 'S3_OUTBOUND_BUCKET',
    title: 'Outbound bucket',
    description: 'Where results are written',
    fresh: 'outbound',
  },
  {
    name: 'S3_OUTBOUND_BUCKET_REGION',
    title: 'Outbound region',
    description: 'Region of the outbound bucket',
    fresh: 'sfo2',
  },
  {
    name: 'S3_INBOUND_BUCKET_REGION',
    title: 'Inbound region',
    description: 'Region of the inbound bucket',
    fresh: 'sfo2',
  },
  {
    name: 'S3_PROVIDER',
    title: 'S3 provider',
    description: 'Whose object store it is; custom: the endpoint below',
    fresh: 'digitaloceanspaces',
    words: ['digitaloceanspaces', 'amazonaws', 'custom', ''],
  },
  {
    name: 'S3_STREAMING',
    title: 'S3 streaming',
    description: 'A hint only: sources are always read in ranges',
    fresh: 'disabled',
    words: ['enabled', 'disabled'],
  },
  {
    name: 'FTP_ADDR',
    title: 'FTP address',
    description: 'Kept, but not used: storage by FTP is not supported',
  },
  { name: 'FTP_USERNAME', title: 'FTP user', description: 'Kept, but not used', secure: true },
  { name: 'FTP_PASSWORD', title: 'FTP password', description: 'Kept, but not used', secure: true },
  {
    name: 'STORAGE_DRIVER',
    title: 'Storage driver',
    description: 's3; ftp is not supported here',
    fresh: 's3',
    words: ['s3'],
  },
  {
    name: 'S3_ENDPOINT',
    title: 'S3 endpoint',
    description: 'Of a custom provider, such as http://10.0.0.5:9000',
  },
  {
    name: 'DIGITAL_OCEAN_REGION',
    title: 'DigitalOcean region',
    description: 'Machines are offered in this region only',
  },
  {
    name: 'DIGITAL_OCEAN_ENABLED',
    title: 'DigitalOcean machines',
    description: 'Whether machines may be rented there',
    words: ['enabled', 'disabled', ''],
  },
  { name: 'DIGITAL_OCEAN_VPC', title: 'DigitalOcean VPC', description: 'Network of rented machines' },
] as const satisfies readonly SettingRule[];

export type SettingName = (typeof SETTING_RULES)[number]['name'];

/** What is told in place of a secret; sent back, it keeps what is stored. */
export const MASK = '********';
export const MAX_VALUE_CHARS = 4096;

/** All values, none of them absent. */
export type SettingValues = Readonly<Record<SettingName, string>>;
