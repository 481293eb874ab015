import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { check, DEPLOY, deployFiles } from './checkers.ts';

const ROOT = join(DEPLOY, '..');
const read = (file: string): string => readFileSync(join(DEPLOY, file), 'utf8');

describe.each(deployFiles('Dockerfile.*'))('%s', (file) => {
  it('has nothing that hadolint finds wrong', () => {
    expect(check('hadolint', [file])).toEqual({ code: 0, text: '' });
  });

  it('copies only what is there', () => {
    const sources = [...read(file).matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap((match) =>
      (match[1] ?? '').split(' ').slice(0, -1),
    );
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources) expect(globSync(source, { cwd: ROOT }), source).not.toEqual([]);
  });
});

it('the coordinator image builds the page of what it copies', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'clipgrid-image-'));
  try {
    const [page = ''] = read('Dockerfile.coordinator')
      .split(/^FROM /m)
      .slice(1);
    for (const [, words = ''] of page.matchAll(/^COPY (.+)$/gm)) {
      const [target = '', ...sources] = words.split(' ').toReversed();
      for (const source of sources) {
        const to = join(folder, target === './' ? source : target);
        cpSync(join(ROOT, source), to, { recursive: true, filter: (path) => !path.endsWith('/dist') });
      }
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
    const build = [vite, 'build', 'coordinator/dashboard', '--logLevel', 'error'];
    const { status, stderr } = spawnSync(process.execPath, build, { cwd: folder, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(globSync('coordinator/dashboard/dist/index.html', { cwd: folder })).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('compose', () => {
  it.each(deployFiles('compose*.yaml'))('%s is what the Compose specification says', (file) => {
    expect(check('check-jsonschema', ['--builtin-schema', 'vendor.compose-spec', file]).code).toBe(0);
  });

  it('asks for nothing in the environment that .env.example does not name', () => {
    const known = [...read('.env.example').matchAll(/^([A-Z0-9_]+)=/gm)].map((match) => match[1]);
    const asked = deployFiles('compose.yaml').flatMap((file) =>
      [...read(file).matchAll(/\$\{([A-Z0-9_]+)/g)].map((match) => match[1]),
    );
    expect(asked.length).toBeGreaterThan(5);
    expect(known).toEqual(expect.arrayContaining(asked));
  });

  it('has a schema check that can fail', () => {
    const wrong = ['--builtin-schema', 'vendor.compose-spec', 'kubernetes/coordinator.yaml'];
    expect(check('check-jsonschema', wrong).code).not.toBe(0);
  });
});

describe('Kubernetes', () => {
  const manifests = deployFiles('kubernetes/*.yaml').filter((file) => !file.endsWith('kustomization.yaml'));

  it.each(manifests)('%s is what the API says, without a field that it does not know', (file) => {
    expect(check('kubernetes-validate', ['--strict', file])).toMatchObject({ code: 0 });
  });

  it('has a schema check that can fail', () => {
    expect(check('kubernetes-validate', ['--strict', 'compose.yaml']).code).not.toBe(0);
  });

  it('lists files that are there, and images that its manifests use', () => {
    const { resources, images } = parse(read('kubernetes/kustomization.yaml')) as {
      resources: string[];
      images: { name: string }[];
    };
    for (const file of resources) expect(manifests).toContain(`kubernetes/${file}`);
    const used = resources.flatMap((file) =>
      [...read(`kubernetes/${file}`).matchAll(/image: (\S+)/g)].map((match) => match[1]),
    );
    expect(new Set(used)).toEqual(new Set(images.map(({ name }) => name)));
  });

  it('gives several coordinators one service, and agents nothing of theirs', () => {
    const [deployment] = parseAllDocuments(read('kubernetes/coordinator.yaml')).map(
      (document) => document.toJS() as { spec: { replicas: number } },
    );
    expect(deployment?.spec.replicas).toBeGreaterThan(1);
    for (const file of ['kubernetes/agent.yaml', 'kubernetes/agent-nvidia.yaml'])
      expect(read(file)).not.toMatch(/name: clipgrid \}|DATABASE_URL|SECRET/);
  });
});
