import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiRouter, type HttpAppOptions } from '../../../coordinator/http/app.ts';
import { ApiClient } from '../../support/api-client.ts';
import { startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';

type Json = Record<string, unknown>;

interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Json> };
}

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: unknown;
  readonly responses: Record<string, { readonly description: string; readonly content?: Json }>;
}

let coordinator: TestCoordinator;
let document: Document;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  document = (await new ApiClient(coordinator.url).send('GET', '/openapi.json')).body as Document;
});
afterAll(() => coordinator.close());

/** Every operation as `get /api/v1/jobs/{id}`. */
function documented(): string[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
}

function served(): string[] {
  // Only the table of routes is looked at: no handler runs, so none needs its parts.
  const router = createApiRouter({ grid: {} } as HttpAppOptions);
  return router.stack.flatMap(({ methods, path }) =>
    methods
      .filter((method) => method !== 'HEAD')
      .map((method) => `${method.toLowerCase()} ${String(path).replaceAll(/:(\w+)/g, '{$1}')}`),
  );
}

test('each route that is served is documented, and the other way round', () => {
  expect(documented().toSorted()).toEqual(served().toSorted());
  expect(documented()).toHaveLength(new Set(documented()).size);
});

test('each documented route answers, with a documented status', async () => {
  for (const operation of documented()) {
    const [method = '', path = ''] = operation.split(' ');
    const url = `${coordinator.host}${path.replace('{id}', 'unknown')}`;
    const answer = await fetch(url, { method: method.toUpperCase(), redirect: 'manual' });
    const responses = document.paths[path]?.[method]?.responses ?? {};
    const type = answer.headers.get('content-type') ?? '';
    if (answer.status < 400) expect(Object.keys(responses), operation).toContain(String(answer.status));
    else expect(type, operation).toBe('application/problem+json');
    expect(answer.status, operation).not.toBe(405);
    await answer.body?.cancel();
  }
});

describe('the document', () => {
  test('is OpenAPI 3.1 in its structure', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info.title).not.toBe('');
    const ids: string[] = [];
    for (const [path, methods] of Object.entries(document.paths)) {
      expect(path).toMatch(/^\/api\/v1(\/[a-z.-]+|\/\{[a-z]+\})+$/);
      for (const [method, operation] of Object.entries(methods)) {
        expect(['get', 'post', 'delete']).toContain(method);
        ids.push(operation.operationId);
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
        const named = operation.parameters.filter((one) => one.in === 'path');
        expect(named.map((one) => one.name)).toEqual(inPath);
        expect(named.every((one) => one.required)).toBe(true);
        expect(Object.keys(operation.responses)).toContain('default');
        for (const [status, response] of Object.entries(operation.responses)) {
          expect(status).toMatch(/^([1-5]\d\d|default)$/);
          expect(response.description).not.toBe('');
        }
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('names only schemas that it has, and has none that nothing names', () => {
    const named = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect([...new Set(named)].toSorted()).toEqual(known.toSorted());
  });

  test('its schemas are JSON Schema 2020-12: every keyword is known, every type is one', () => {
    const types = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean', 'null']);
    const keywords = new Set(
      'type properties required items enum const default description minimum maximum minLength maxLength minItems maxItems pattern format anyOf additionalProperties propertyNames $ref'.split(
        ' ',
      ),
    );
    const check = (schema: unknown, where: string): void => {
      expect(typeof schema, where).toBe('object');
      const { type, properties, items, anyOf, additionalProperties } = schema as Json;
      for (const key of Object.keys(schema as Json)) expect(keywords.has(key), `${where}.${key}`).toBe(true);
      for (const one of [type ?? []].flat()) expect(types.has(one as string), where).toBe(true);
      for (const [name, child] of Object.entries((properties ?? {}) as Json))
        check(child, `${where}.${name}`);
      if (items !== undefined) check(items, `${where}[]`);
      if (typeof additionalProperties === 'object') check(additionalProperties, `${where}{}`);
      for (const [i, child] of ((anyOf ?? []) as unknown[]).entries()) check(child, `${where}|${i}`);
    };
    for (const [name, schema] of Object.entries(document.components.schemas)) check(schema, name);
  });

  test('a request may leave out what has a default, and not what has none', () => {
    expect(document.components.schemas['JobRequest']?.['required']).toEqual(['upload_id', 'encode']);
    expect(document.components.schemas['UploadRequest']?.['required']).toEqual(['name']);
  });
});

test('no path of FinalRip on the same host is taken', () => {
  const router = createApiRouter({ grid: {} } as HttpAppOptions);
  const names = 'new start progress list clear oss/presigned retry/encode retry/merge'.split(' ');
  for (const path of names.map((name) => `/api/v1/task/${name}`)) {
    for (const method of ['GET', 'POST', 'OPTIONS']) expect(router.match(path, method).path).toEqual([]);
  }
  expect(router.match('/', 'GET').path).toEqual([]);
});
