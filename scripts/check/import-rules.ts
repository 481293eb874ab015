import { posix } from 'node:path';

/** One import as written: who, what, and whether only types come over. Paths are relative to the project's folder. */
export interface ImportEdge {
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

interface Layer {
  /** The longest matching prefix decides which layer a file is in. */
  readonly prefix: string;
  /** Prefixes of own files that may be imported. */
  readonly may: readonly string[];
  /** Prefixes from which types may come, but no values. */
  readonly mayTypes?: readonly string[];
  /** Packages and `node:` modules: all when absent. */
  readonly packages?: (name: string) => boolean;
}

const SERVER_ONLY = new Set(['pg', 'kysely', 'koa', '@koa/router', 'minio', 'busboy']);
const notServer = (name: string): boolean => !SERVER_ONLY.has(name);
/** What is built into the page, and what builds it. */
const PAGE_PACKAGES = /^(?:preact|@preact\/signals|uplot|codemirror|@codemirror\/.+|vite)$/;
const CLI = [
  'shared/',
  'client/',
  'cli/',
  'coordinator/main.ts',
  'agent/main.ts',
  'coordinator/store/postgres/embedded/',
  'scripts/setup/node-args.mjs',
];
const FACE = [
  'coordinator/grid/face.ts',
  'coordinator/grid/outbound-face.ts',
  'coordinator/store/transaction.ts',
];

/** Design, section 3: "who may import whom". */
const LAYERS: readonly Layer[] = [
  { prefix: 'shared/', may: ['shared/'], packages: notServer },
  {
    prefix: 'coordinator/domain/',
    may: ['shared/', 'coordinator/domain/'],
    packages: (name) => name === 'zod',
  },
  {
    prefix: 'coordinator/grid/',
    may: ['shared/', 'coordinator/domain/', 'coordinator/grid/'],
    mayTypes: ['coordinator/store/', 'coordinator/objects/', 'coordinator/outbound/'],
    packages: notServer,
  },
  ...['store', 'objects', 'rpc', 'http'].map((name) => ({
    prefix: `coordinator/${name}/`,
    may: ['shared/', 'coordinator/domain/', `coordinator/${name}/`, ...FACE],
    mayTypes: ['coordinator/grid/'],
  })),
  { prefix: 'coordinator/outbound/', may: ['shared/', 'coordinator/outbound/'], packages: notServer },
  {
    prefix: 'coordinator/dialects/',
    may: [
      'shared/',
      'coordinator/domain/',
      'coordinator/http/',
      'coordinator/dialects/dialect.ts',
      '<own>',
      ...FACE,
    ],
    mayTypes: ['coordinator/objects/', 'coordinator/outbound/'],
  },
  {
    prefix: 'coordinator/dashboard/',
    may: ['coordinator/dashboard/'],
    // The page's documents are what the API answers: one definition.
    mayTypes: ['coordinator/http/responses.ts'],
    packages: (name) => PAGE_PACKAGES.test(name),
  },
  { prefix: 'coordinator/', may: ['shared/', 'coordinator/'] },
  { prefix: 'agent/', may: ['shared/', 'agent/'], packages: notServer },
  {
    prefix: 'client/',
    may: ['shared/', 'client/'],
    packages: notServer,
    // Its documents are what the views make: one definition.
    mayTypes: ['coordinator/http/views.ts'],
  },
  { prefix: 'cli/', may: CLI },
  // Doctor tries things with the very code that the coordinator and the agent use.
  {
    prefix: 'cli/doctor/',
    may: [...CLI, 'coordinator/settings.ts', 'coordinator/open-objects.ts', 'agent/capabilities.ts'],
  },
  { prefix: 'scripts/', may: [''] },
  { prefix: 'test/', may: [''] },
];

/** Every file of a layer, as a glob from the project's folder. */
export const SOURCES = `{${[...new Set(LAYERS.map((layer) => layer.prefix.split('/')[0]))].join(',')}}/**/*.{ts,tsx,mts}`;

function layerOf(file: string): Layer | undefined {
  const fitting = LAYERS.filter((layer) => file.startsWith(layer.prefix));
  return fitting.toSorted((a, b) => b.prefix.length - a.prefix.length)[0];
}

/** `@scope/name/deep` to `@scope/name`, `pg/lib/x` to `pg`; `node:` modules stay whole. */
function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function ownFolder(file: string): string {
  return `${file.split('/').slice(0, 3).join('/')}/`;
}

/** Why this import is not allowed, in words; undefined when it is. */
export function whyForbidden(edge: ImportEdge): string | undefined {
  const layer = layerOf(edge.from);
  if (!layer) return undefined;
  if (!edge.specifier.startsWith('.')) {
    const name = edge.specifier.startsWith('node:') ? edge.specifier : packageName(edge.specifier);
    if (layer.packages?.(name) ?? true) return undefined;
    return `${edge.from} imports ${name}: not in ${layer.prefix}`;
  }
  const target = posix.join(posix.dirname(edge.from), edge.specifier);
  if (target.startsWith('test/') && !edge.from.startsWith('test/') && !edge.from.startsWith('scripts/')) {
    return `${edge.from} imports ${target}: nothing imports test`;
  }
  const may = layer.may.map((prefix) => (prefix === '<own>' ? ownFolder(edge.from) : prefix));
  if (may.some((prefix) => target.startsWith(prefix))) return undefined;
  const types = layer.mayTypes?.some((prefix) => target.startsWith(prefix)) ?? false;
  if (types && edge.typeOnly) return undefined;
  const hint = types ? ' (only its types: import type)' : '';
  return `${edge.from} imports ${target}: ${layer.prefix} may import ${may.join(', ')}${hint}`;
}

const IMPORT = /\b(import|export)\s+(type\s+)?(?:[\w*$\s{},]*?\sfrom\s*|(?=['"]))['"]([^'"\n]+)['"]/g;
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g;

/** All imports of one file's text. Comments are dropped first; strings that look like imports are not expected. */
export function importsOf(from: string, text: string): ImportEdge[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const fixed = [...code.matchAll(IMPORT)].map((match) => ({
    from,
    specifier: match[3] ?? '',
    typeOnly: match[2] !== undefined,
  }));
  const lazy = [...code.matchAll(DYNAMIC)].map((match) => ({
    from,
    specifier: match[1] ?? '',
    typeOnly: false,
  }));
  return [...fixed, ...lazy];
}
