/** What the packages take over of the project's own package.json. */
export interface ProjectManifest {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** Needed by the client only: the grid's own programs have no use for it. */
const CLIENT_ONLY = ['openapi-fetch'];
const CLIENT_NEEDS = ['@bufbuild/protobuf', '@grpc/grpc-js', 'openapi-fetch'];

function pick(from: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const version = from[name];
      if (version === undefined) throw new Error(`package.json has no dependency ${name}`);
      return [name, version];
    }),
  );
}

/** `exports` of a module and its types. */
function entry(path: string): Record<string, string> {
  return { types: `./${path}.d.ts`, default: `./${path}.js` };
}

/** The manifest of `clipgrid`: coordinator, agent and command line, with the very versions that the lock file has of what they need. */
export function gridManifest(project: ProjectManifest): Record<string, unknown> {
  const { version, description, license, engines, bin, dependencies, optionalDependencies } = project;
  const names = Object.keys(dependencies).filter((name) => !CLIENT_ONLY.includes(name));
  return {
    name: 'clipgrid',
    version,
    description,
    license,
    type: 'module',
    engines,
    bin,
    exports: { '.': entry('cli/run'), './package.json': './package.json' },
    dependencies: pick(dependencies, names),
    optionalDependencies,
  };
}

/** The manifest of `@clipgrid/client`. */
export function clientManifest(project: ProjectManifest): Record<string, unknown> {
  const { version, license, dependencies } = project;
  return {
    name: '@clipgrid/client',
    version,
    description: 'Submits films to a clipgrid and fetches the results: REST typed by OpenAPI, gRPC by proto.',
    license,
    type: 'module',
    engines: { node: '>=20' },
    exports: {
      '.': entry('client/index'),
      './files': entry('client/files'),
      './admin': entry('client/admin'),
      './package.json': './package.json',
    },
    dependencies: pick(dependencies, CLIENT_NEEDS),
  };
}
