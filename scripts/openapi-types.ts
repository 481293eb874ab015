import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApiDocument } from '../coordinator/http/openapi.ts';

const GENERATOR = join(import.meta.dirname, 'openapi-types/node_modules/.bin/openapi-typescript');

/** Where the client's types of the REST API are kept, from the project's folder. */
export const OPENAPI_TYPES = 'client/gen/openapi.ts';

/** The types of the OpenAPI document as it is now, as TypeScript. */
export function openApiTypes(): string {
  const scratch = mkdtempSync(join(tmpdir(), 'clipgrid-openapi-'));
  try {
    const [document, types] = [join(scratch, 'openapi.json'), join(scratch, 'openapi.ts')];
    writeFileSync(document, JSON.stringify(openApiDocument()));
    execFileSync(GENERATOR, [document, '-o', types, '--default-non-nullable=false'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return readFileSync(types, 'utf8');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
