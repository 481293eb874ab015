import { describe, expect, test } from 'vitest';
import { readMachineSettings } from '../../../../../../coordinator/dialects/openencoder/machines/settings.ts';

const SHA = 'AB'.repeat(32);
const read = (env: Record<string, string> = {}) =>
  readMachineSettings(
    Object.fromEntries(Object.entries(env).map(([key, value]) => [`CLIPGRID_OPENENCODER_${key}`, value])),
  );

describe('settings of machines', () => {
  test('this host is on and a cost guard is, unless somebody says otherwise', () => {
    expect(read()).toMatchObject({
      limits: { maxMachines: 10, idleMs: 30 * 60_000, maxLifeMs: 24 * 3600_000 },
      drainMs: 300_000,
      local: { enabled: true, priceHourly: 0 },
      ssh: { hosts: [], command: 'clipgrid' },
      digitalOcean: { baseUrl: 'https://api.digitalocean.com', image: 'debian-13-x64' },
    });
    expect(read().limits).not.toHaveProperty('maxPriceHourly');
    expect(read({ IDLE_MIN: '0', MAX_HOURS: '0', MAX_HOURLY_PRICE: '1.5', LOCAL: 'off' })).toMatchObject({
      limits: { maxMachines: 10, maxPriceHourly: 1.5 },
      local: { enabled: false },
    });
    expect(read({ IDLE_MIN: '0', MAX_HOURS: '0' }).limits).toEqual({ maxMachines: 10 });
  });

  test('agents get what they need of the environment, and no secret', () => {
    const { local, ssh } = readMachineSettings({
      PATH: '/bin',
      HOME: '/root',
      CLIPGRID_CACHE: '/cache',
      SSH_AUTH_SOCK: '/agent.sock',
      DATABASE_URL: 'postgres://user:password@host/db',
      CLIPGRID_ADMIN_TOKEN: 'secret',
      CLIPGRID_S3_SECRET_KEY: 'secret',
      CLIPGRID_JOIN_TOKEN: 'secret',
    });
    expect(local.environment).toEqual({ PATH: '/bin', HOME: '/root', CLIPGRID_CACHE: '/cache' });
    expect(ssh.environment).toEqual({ PATH: '/bin', HOME: '/root', SSH_AUTH_SOCK: '/agent.sock' });
  });

  test('hosts, the package and the addresses', () => {
    const settings = read({
      SSH_HOSTS: 'blue.lab, render@green.lab:2222',
      AGENT_PACKAGE: `https://files.example/c.tar.gz#sha256=${SHA}`,
      AGENT_ADDRESS: 'grid.example:7070',
      AGENT_CA: '/etc/ca.pem',
      DO_URL: 'http://127.0.0.1:1/',
    });
    expect(settings.ssh.hosts).toEqual([
      { name: 'blue.lab' },
      { name: 'green.lab', user: 'render', port: 2222 },
    ]);
    expect(settings.agentPackage).toEqual({
      url: 'https://files.example/c.tar.gz',
      sha256: SHA.toLowerCase(),
    });
    expect(settings).toMatchObject({ agentAddress: 'grid.example:7070', agentCa: '/etc/ca.pem' });
    expect(settings.digitalOcean.baseUrl).toBe('http://127.0.0.1:1');
  });

  test('where gRPC speaks TLS, agents must be told whom to trust', () => {
    const env = { CLIPGRID_TLS_CERT: 'cert.pem' };
    expect(readMachineSettings(env).missing).toContain('CLIPGRID_OPENENCODER_AGENT_CA is not set');
    expect(readMachineSettings({ ...env, CLIPGRID_OPENENCODER_AGENT_CA: 'ca.pem' }).missing).toBeUndefined();
  });

  test.each([
    ['LOCAL', 'yes'],
    ['LOCAL_PRICE', '-1'],
    ['MAX_MACHINES', '2.5'],
    ['MAX_MACHINES', 'many'],
    ['MAX_HOURLY_PRICE', '-0.1'],
    ['IDLE_MIN', 'x'],
    ['MAX_HOURS', '-3'],
    ['DRAIN_S', '1e9'],
    ['SSH_HOSTS', '-oProxyCommand=reboot'],
    ['SSH_HOSTS', 'a.lab,A.lab'],
    ['SSH_COMMAND', 'clipgrid; reboot'],
    ['AGENT_ADDRESS', 'grid.example'],
    ['AGENT_PACKAGE', 'https://files.example/c.tar.gz'],
    ['AGENT_PACKAGE', `http://files.example/c.tar.gz#sha256=${SHA}`],
    ['DO_URL', 'ftp://x'],
    ['DO_IMAGE', 'a b'],
  ])('%s=%s is refused by its name', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(`CLIPGRID_OPENENCODER_${name} is `);
  });
});
