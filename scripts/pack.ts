import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPackages } from './pack/build.ts';

const HELP = `usage: npm run pack [-- --out FOLDER]

Makes the npm packages, compiled JavaScript with types, and writes them as FOLDER/NAME-VERSION.tgz (default: dist):
  clipgrid          coordinator, agent and command line: npx clipgrid up, npx clipgrid agent
  @clipgrid/client  the client library`;

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'dist' }, help: { type: 'boolean', short: 'h' } },
});
if (values.help) console.log(HELP);
else for (const file of buildPackages(resolve(values.out))) console.log(file);
