import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  agentNameOf,
  cloudInit,
} from '../../../../../../coordinator/dialects/openencoder/machines/cloud-init.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const INPUT = {
  coordinator: 'grid.example:7070',
  ca: PEM,
  joinToken: 'cgj_once',
  package: { url: "https://files.example/it's.tar.gz", sha256: 'ab'.repeat(32) },
};

interface CloudConfig {
  readonly packages?: readonly string[];
  readonly write_files: readonly { path: string; permissions: string; content: string }[];
  readonly runcmd: readonly (readonly string[])[];
}

function parse(text: string): CloudConfig {
  const [first, ...rest] = text.split('\n');
  expect(first).toBe('#cloud-config');
  return JSON.parse(rest.join('\n')) as CloudConfig;
}

function file(config: CloudConfig, path: string): { permissions: string; content: string } {
  const found = config.write_files.find((one) => one.path === path);
  if (found === undefined) throw new Error(`no ${path}`);
  return found;
}

describe('the user data of a cloud machine', () => {
  test('coordinator, CA and join token are what the agent reads, for root only', () => {
    const config = parse(cloudInit(INPUT));
    expect(file(config, '/etc/clipgrid/agent.env')).toMatchObject({
      permissions: '0600',
      content:
        'CLIPGRID_COORDINATOR=grid.example:7070\nCLIPGRID_CA=/etc/clipgrid/ca.pem\nCLIPGRID_JOIN_TOKEN=cgj_once\n',
    });
    expect(file(config, '/etc/clipgrid/ca.pem').content).toBe(PEM);
  });

  test('it installs the agent, once, and starts it as a service that comes back', () => {
    const config = parse(cloudInit(INPUT));
    const [[installer = ''] = []] = config.runcmd;
    const { permissions, content } = file(config, installer);
    expect(permissions).toBe('0700');
    expect(content).toContain("'https://files.example/it'\\''s.tar.gz'");
    expect(content).toContain(`'${'ab'.repeat(32)}  /tmp/clipgrid.tar.gz' | sha256sum -c -`);
    expect(content).toContain('systemctl enable --now clipgrid-agent.service');
    execFileSync('sh', ['-n'], { input: content });
    const unit = file(config, '/etc/systemd/system/clipgrid-agent.service').content;
    expect(unit).toContain('EnvironmentFile=/etc/clipgrid/agent.env');
    expect(unit).toContain('ExecStart=/opt/clipgrid/cli/clipgrid.mjs agent');
    expect(unit).toContain('Restart=always');
    expect(unit).toContain('WantedBy=multi-user.target');
    expect(config.packages).toContain('nodejs');
  });

  test('machines of one order tell themselves apart by the id that the provider gave them', () => {
    const config = parse(cloudInit(INPUT));
    const { content } = file(config, '/usr/local/lib/clipgrid/install.sh');
    expect(content).toContain('CLIPGRID_NAME=openencoder-worker-$(cat /var/lib/cloud/data/instance-id)');
    expect(agentNameOf('3164444')).toBe('openencoder-worker-3164444');
  });

  test('an image that brings the agent needs no package; a public CA no file', () => {
    const config = parse(
      cloudInit({ coordinator: 'grid.example:7070', ca: 'system', joinToken: 'cgj_once' }),
    );
    expect(config.packages).toBeUndefined();
    expect(file(config, '/etc/clipgrid/agent.env').content).toContain('CLIPGRID_CA=system\n');
    expect(config.write_files.map(({ path }) => path)).not.toContain('/etc/clipgrid/ca.pem');
    const { content } = file(config, '/usr/local/lib/clipgrid/install.sh');
    execFileSync('sh', ['-n'], { input: content });
    expect(content).toContain('exit 1');
  });

  test('nothing but the join token is secret', () => {
    const text = cloudInit(INPUT).replaceAll('CLIPGRID_JOIN_TOKEN=cgj_once', '');
    expect(text).not.toMatch(/postgres|DATABASE_URL|ACCESS_KEY|SECRET|PASSWORD|TOKEN|cgj_/i);
  });
});
