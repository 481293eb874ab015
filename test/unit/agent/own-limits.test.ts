import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseCpus, parseCpuList } from '../../../agent/guest/own-limits.ts';
import { proxyEnvironment } from '../../../agent/proxy-environment.ts';

test('processors are read as the kernel lists them, and the last ones are taken', () => {
  expect(parseCpuList('0-3,8,10-11\n')).toEqual([0, 1, 2, 3, 8, 10, 11]);
  expect(parseCpuList('')).toEqual([]);
  expect(chooseCpus([0, 1, 2, 3, 8], 2)).toEqual([3, 8]);
});

test('a process that bounds itself bounds what it starts', () => {
  const module = join(import.meta.dirname, '../../../agent/guest/own-limits.ts');
  const code = `
    import { execFileSync } from 'node:child_process';
    import { boundOwnProcess } from ${JSON.stringify(module)};
    const problems = boundOwnProcess({ cores: 1, nice: 7 });
    const child = execFileSync('sh', ['-c', 'nproc; nice']).toString().split('\\n');
    console.log(JSON.stringify({ problems, child }));`;
  const said = execFileSync(process.execPath, ['--input-type=module-typescript', '-e', code], {
    encoding: 'utf8',
  });
  const base = Number(execFileSync('nice', { encoding: 'utf8' }));
  expect(JSON.parse(said)).toEqual({
    problems: [],
    child: ['1', String(Math.min(19, Math.max(7, base))), ''],
  });
});

test('proxies count whichever letters their names are in; programs on this machine are asked without', () => {
  expect(proxyEnvironment({ PATH: '/bin', NO_PROXY: 'a' })).toBeUndefined();
  expect(
    proxyEnvironment({
      HTTP_PROXY: 'http://p:1',
      HTTPS_PROXY: 'http://q:2',
      https_proxy: '',
      NO_PROXY: 'a, b',
    }),
  ).toEqual({
    http_proxy: 'http://p:1',
    https_proxy: 'http://q:2',
    no_proxy: 'a,b,localhost,127.0.0.1,::1',
  });
  expect(proxyEnvironment({ ALL_PROXY: 'http://p:1', grpc_proxy: 'http://g:3' })).toMatchObject({
    http_proxy: 'http://p:1',
    https_proxy: 'http://p:1',
    grpc_proxy: 'http://g:3',
  });
});
