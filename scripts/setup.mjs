import { setUp } from './setup/all.mjs';
import { fail } from './setup/launch.mjs';
import { say } from './setup/root.mjs';

setUp({ retry: process.argv.includes('--retry') }).then((node) => say(`ready (${node})`), fail);
