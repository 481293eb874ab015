import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { OPENAPI_TYPES, openApiTypes } from './openapi-types.ts';

/** Writes all generated code anew: stubs of proto/, and the client's types of the REST API. */
execFileSync('node_modules/.bin/buf', ['generate'], { stdio: 'inherit' });
mkdirSync(dirname(OPENAPI_TYPES), { recursive: true });
writeFileSync(OPENAPI_TYPES, openApiTypes());
