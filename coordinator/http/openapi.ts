import { z } from 'zod';
import { drainRequest, jobQuery, jobRequest, partsRequest, uploadRequest } from './schemas.ts';

type Json = Record<string, unknown>;

interface Operation {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly body?: string;
  readonly query?: z.ZodType;
  readonly status: number;
  readonly headers?: readonly string[];
}

const BODIES = {
  UploadRequest: uploadRequest,
  PartsRequest: partsRequest,
  JobRequest: jobRequest,
  DrainRequest: drainRequest,
};

const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/uploads',
    id: 'createUpload',
    summary: 'Start an upload; PUT the file to the answered url',
    body: 'UploadRequest',
    status: 201,
  },
  {
    method: 'get',
    path: '/uploads',
    id: 'listUploads',
    summary: 'Uploads of this owner, newest first',
    status: 200,
  },
  { method: 'get', path: '/uploads/{id}', id: 'getUpload', summary: 'One upload', status: 200 },
  {
    method: 'get',
    path: '/uploads/{id}/parts',
    id: 'listParts',
    summary: 'Parts that have arrived, to go on with an upload',
    status: 200,
  },
  {
    method: 'post',
    path: '/uploads/{id}/parts',
    id: 'signParts',
    summary: 'Sign part URLs of a multipart upload',
    body: 'PartsRequest',
    status: 200,
  },
  {
    method: 'post',
    path: '/uploads/{id}/complete',
    id: 'completeUpload',
    summary: 'Check that all bytes are there',
    status: 200,
  },
  {
    method: 'delete',
    path: '/uploads/{id}',
    id: 'deleteUpload',
    summary: 'Remove an upload and its bytes',
    status: 204,
  },
  {
    method: 'post',
    path: '/jobs',
    id: 'submitJob',
    summary: 'Submit a job',
    body: 'JobRequest',
    status: 201,
    headers: ['Idempotency-Key'],
  },
  {
    method: 'get',
    path: '/jobs',
    id: 'listJobs',
    summary: 'Jobs, newest first',
    query: jobQuery,
    status: 200,
  },
  {
    method: 'get',
    path: '/jobs/{id}',
    id: 'getJob',
    summary: 'One job with its tasks, and why it waits',
    status: 200,
  },
  {
    method: 'get',
    path: '/jobs/{id}/events',
    id: 'watchJob',
    summary: 'Server-sent events until the job has ended',
    status: 200,
    headers: ['Last-Event-ID'],
  },
  {
    method: 'post',
    path: '/jobs/{id}/cancel',
    id: 'cancelJob',
    summary: 'End a job that has not ended',
    status: 200,
  },
  {
    method: 'post',
    path: '/jobs/{id}/retry',
    id: 'retryJob',
    summary: 'Go on with a failed or cancelled job',
    status: 200,
  },
  {
    method: 'delete',
    path: '/jobs/{id}',
    id: 'deleteJob',
    summary: 'Remove a job and its result',
    status: 204,
  },
  {
    method: 'get',
    path: '/jobs/{id}/result',
    id: 'downloadResult',
    summary: 'Redirect to the result',
    status: 307,
  },
  { method: 'get', path: '/agents', id: 'listAgents', summary: 'Agents with hardware and load', status: 200 },
  {
    method: 'get',
    path: '/agents/{id}',
    id: 'getAgent',
    summary: 'One agent with its running tasks',
    status: 200,
  },
  {
    method: 'post',
    path: '/agents/{id}/drain',
    id: 'drainAgent',
    summary: 'Finish what it holds, take nothing new',
    body: 'DrainRequest',
    status: 200,
  },
  { method: 'get', path: '/health', id: 'health', summary: 'The process lives', status: 200 },
  {
    method: 'get',
    path: '/ready',
    id: 'ready',
    summary: 'Database and object store can be used',
    status: 200,
  },
  { method: 'get', path: '/metrics', id: 'metrics', summary: 'Prometheus metrics', status: 200 },
  { method: 'get', path: '/openapi.json', id: 'openapi', summary: 'This document', status: 200 },
];

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    incident: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { field: { type: 'string' }, value: {}, message: { type: 'string' } },
      },
    },
  },
};

function parameters({ path, query, headers }: Operation): Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const schema = query
    ? (z.toJSONSchema(query, { io: 'input', target: 'draft-2020-12' }) as { properties?: Json })
    : {};
  const inQuery = Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: 'query',
    schema: property,
  }));
  const inHeader = (headers ?? []).map((name) => ({ name, in: 'header', schema: { type: 'string' } }));
  return [...inPath, ...inQuery, ...inHeader];
}

function operation(one: Operation): Json {
  const problem = {
    description: 'A problem',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  const schema = { $ref: `#/components/schemas/${one.body}` };
  return {
    operationId: one.id,
    summary: one.summary,
    parameters: parameters(one),
    ...(one.body ? { requestBody: { required: true, content: { 'application/json': { schema } } } } : {}),
    responses: { [one.status]: { description: one.summary }, default: problem },
  };
}

/** The OpenAPI 3.1 document of the own API, from the schemas that validate its requests. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const one of OPERATIONS) (paths[`/api/v1${one.path}`] ??= {})[one.method] = operation(one);
  const schemas = Object.entries(BODIES).map(([name, schema]) => {
    const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
    return [name, json];
  });
  return {
    openapi: '3.1.0',
    info: {
      title: 'clipgrid',
      version: '1',
      description: 'Submit a film, a script and an encoder command; get one exact file.',
    },
    paths,
    components: {
      schemas: { ...Object.fromEntries(schemas), Problem: PROBLEM },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ token: [] }],
  };
}
