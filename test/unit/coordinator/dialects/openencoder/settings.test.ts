import { describe, expect, it } from 'vitest';
import { readOpenencoderSettings } from '../../../../../coordinator/dialects/openencoder/settings.ts';
import { bucketAddress } from '../../../../../coordinator/dialects/openencoder/storage/bucket-address.ts';
import {
  SETTING_RULES,
  type SettingRule,
  type SettingValues,
} from '../../../../../coordinator/dialects/openencoder/settings/setting-names.ts';

const KEY = 'CLIPGRID_OPENENCODER_JWT_KEY';
const GOOD = 'zzzzzzzzzzzzzzzzzzzz';

describe('the key that signs tokens (contract 2.3)', () => {
  it('turns the API on', () => {
    expect(readOpenencoderSettings({}, 8080)).toBeUndefined();
    expect(readOpenencoderSettings({ CLIPGRID_OPENENCODER_PORT: '0' }, 0)).toBeUndefined();
    expect(readOpenencoderSettings({ [KEY]: GOOD }, 8080)).toMatchObject({ port: 8080, jwtKeys: [GOOD] });
    expect(readOpenencoderSettings({ [KEY]: `${GOOD}, ${GOOD}2` }, 1)?.jwtKeys).toEqual([GOOD, `${GOOD}2`]);
  });
  it.each(['', 'secretkey', 'SecretKey', 'secretkeysecretkey', 'tiny-key', `${GOOD},secretkey`])(
    'refuses the start with %j, and does not tell it',
    (key) => {
      const environment = { CLIPGRID_OPENENCODER_PORT: '8080', [KEY]: key };
      const start = (): unknown => readOpenencoderSettings(environment, 8080);
      expect(start).toThrow(KEY);
      if (key !== '') expect(start).not.toThrow(key);
    },
  );
  it('names a limit that is none', () => {
    const environment = { [KEY]: GOOD, CLIPGRID_OPENENCODER_LOGINS_PER_ACCOUNT: 'x' };
    expect(() => readOpenencoderSettings(environment, 8080)).toThrow(
      'CLIPGRID_OPENENCODER_LOGINS_PER_ACCOUNT',
    );
  });
});

const FRESH = Object.fromEntries(
  SETTING_RULES.map(({ name, fresh }: SettingRule) => [name, fresh ?? '']),
) as SettingValues;
const IN = { ...FRESH, S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 's' };

describe('where the buckets are', () => {
  it('is not known without keys', () => {
    expect(bucketAddress(FRESH, 'inbound')).toBeUndefined();
    expect(bucketAddress({ ...IN, S3_PROVIDER: 'custom' }, 'inbound')).toBeUndefined();
  });
  it('has a region of its own for each side', () => {
    const values = { ...IN, S3_INBOUND_BUCKET_REGION: 'sfo2', S3_OUTBOUND_BUCKET_REGION: 'ams3' };
    expect(bucketAddress(values, 'inbound')).toMatchObject({
      host: 'sfo2.digitaloceanspaces.com',
      region: 'sfo2',
      bucket: 'inbound',
      useTls: true,
      pathStyle: false,
    });
    expect(bucketAddress(values, 'outbound')).toMatchObject({
      host: 'ams3.digitaloceanspaces.com',
      region: 'ams3',
      bucket: 'outbound',
    });
  });
  it.each([
    ['http://127.0.0.1:9000', { host: '127.0.0.1', port: 9000, useTls: false, pathStyle: true }],
    ['http://[::1]:9000/', { host: '::1', port: 9000, useTls: false, pathStyle: true }],
    ['minio.lab', { host: 'minio.lab', useTls: true, pathStyle: true }],
    ['https://minio.lab', { host: 'minio.lab', useTls: true, pathStyle: true }],
  ])('takes the endpoint %s', (endpoint, address) => {
    const values = { ...IN, S3_PROVIDER: 'custom', S3_ENDPOINT: endpoint };
    expect(bucketAddress(values, 'inbound')).toMatchObject(address);
  });
});
