import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { clientManifest, gridManifest, type ProjectManifest } from './manifest.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What compiled code needs beside it, and what npm shows. */
const GRID_FILES = [
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'cli/*.mjs',
  'scripts/setup/*.mjs',
  'coordinator/**/migrations/*.sql',
  'coordinator/dialects/openencoder/page/**/*',
  'coordinator/dashboard/dist/**/*',
  'deploy/**/*',
  // The proof that VapourSynth works here renders a frame of it.
  'test/media/bigbuckbunny.mp4',
  'test/media/README.md',
];
const CLIENT_FILES = ['LICENSE', 'client/README.md'];

interface PackagePlan {
  readonly folder: string;
  readonly manifest: Record<string, unknown>;
  readonly files: readonly string[];
  /** Arguments of tsc that say what is compiled. */
  readonly sources: readonly string[];
}

function compile({ folder, sources }: PackagePlan): void {
  execFileSync('node_modules/.bin/tsc', [...sources, '--outDir', folder], { cwd: ROOT, stdio: 'inherit' });
}

function copyFiles({ folder, files }: PackagePlan): void {
  for (const file of globSync([...files], { cwd: ROOT, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    // npm shows the README at the package's own root.
    const target = join(folder, path.slice(ROOT.length).replace(/^\/client\/README/, '/README'));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(path, target);
  }
}

function npmPack({ folder, manifest }: PackagePlan, out: string): string {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const npm = process.env['npm_execpath'];
  const args = ['pack', '--json', '--pack-destination', out];
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const told = npm?.endsWith('.js')
    ? execFileSync(process.execPath, [npm, ...args], options)
    : execFileSync('npm', args, options);
  const [packed] = Object.values(JSON.parse(told) as Record<string, { filename: string }>);
  if (packed === undefined) throw new Error(`npm pack told nothing of ${folder}`);
  return join(out, packed.filename);
}

/** Compiles and packs `clipgrid` and `@clipgrid/client` into `out`; returns the paths of the two archives. */
export function buildPackages(out: string): string[] {
  const scratch = mkdtempSync(join(tmpdir(), 'clipgrid-pack-'));
  const project = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as ProjectManifest;
  const plans: PackagePlan[] = [
    {
      folder: join(scratch, 'grid'),
      manifest: gridManifest(project),
      files: GRID_FILES,
      sources: ['-p', 'tsconfig.package.json'],
    },
    {
      folder: join(scratch, 'client'),
      manifest: clientManifest(project),
      files: CLIENT_FILES,
      sources: ['-p', 'tsconfig.client.json'],
    },
  ];
  mkdirSync(out, { recursive: true });
  try {
    return plans.map((plan) => {
      compile(plan);
      copyFiles(plan);
      return npmPack(plan, out);
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
