import { z } from 'zod';
import { ANSWERS, BODIES, OPERATIONS, type Operation } from './operations.ts';

type Json = Record<string, unknown>;

const TARGET = 'draft-2020-12';

function requestSchema(schema: z.ZodType): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', target: TARGET });
  return json;
}

/** Answers may get new fields: a client must not refuse them. */
function answerSchema(schema: z.ZodType): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'output',
    target: TARGET,
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return json;
}

function parameters({ path, query, headers }: Operation): Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const properties = query ? (requestSchema(query) as { properties?: Json }).properties : {};
  const inQuery = Object.entries(properties ?? {}).map(([name, schema]) => ({ name, in: 'query', schema }));
  const inHeader = (headers ?? []).map((name) => ({ name, in: 'header', schema: { type: 'string' } }));
  return [...inPath, ...inQuery, ...inHeader];
}

function named(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function answer({ answer: what, summary, answerHeaders }: Operation): Json {
  const text = what?.startsWith('image/')
    ? { schema: { type: 'string', format: 'binary' } }
    : what?.startsWith('text/')
      ? { schema: { type: 'string' } }
      : { schema: { type: 'object' } };
  const content =
    what === undefined
      ? {}
      : { content: what.includes('/') ? { [what]: text } : { 'application/json': { schema: named(what) } } };
  const headers = (answerHeaders ?? []).map((name) => [name, { schema: { type: 'string' } }]);
  return {
    description: summary,
    ...content,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) as Json }),
  };
}

function operation(one: Operation): Json {
  const problem = {
    description: 'A problem',
    content: { 'application/problem+json': { schema: named('Problem') } },
  };
  return {
    operationId: one.id,
    summary: one.summary,
    parameters: parameters(one),
    ...(one.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: named(one.body) } } } }
      : {}),
    responses: { [one.status]: answer(one), default: problem },
    ...(one.open ? { security: [] } : {}),
  };
}

/** The OpenAPI 3.1 document of the own API, from the schemas that validate its requests and describe its answers. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const one of OPERATIONS) (paths[`/api/v1${one.path}`] ??= {})[one.method] = operation(one);
  const bodies = Object.entries(BODIES).map(([name, schema]) => [name, requestSchema(schema)]);
  const answers = Object.entries(ANSWERS).map(([name, schema]) => [name, answerSchema(schema)]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'clipgrid',
      version: '1',
      description: 'Submit a film, a script and an encoder command; get one exact file.',
    },
    paths,
    components: {
      schemas: Object.fromEntries([...bodies, ...answers]) as Json,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ token: [] }],
  };
}
