import type { z } from 'zod';
import * as answers from './responses.ts';
import {
  drainRequest,
  jobQuery,
  jobRequest,
  joinTokenRequest,
  partsRequest,
  uploadRequest,
  watchQuery,
} from './schemas.ts';

/** Schemas of request bodies, by their name in the OpenAPI document. */
export const BODIES = {
  UploadRequest: uploadRequest,
  PartsRequest: partsRequest,
  JobRequest: jobRequest,
  DrainRequest: drainRequest,
  JoinTokenRequest: joinTokenRequest,
} as const;

/** Schemas of answers, the same way. */
export const ANSWERS = {
  Upload: answers.uploadResponse,
  CreatedUpload: answers.createdUploadResponse,
  UploadList: answers.uploadListResponse,
  PartList: answers.partListResponse,
  SignedParts: answers.signedPartsResponse,
  Job: answers.jobResponse,
  SubmittedJob: answers.submittedResponse,
  JobDetail: answers.jobDetailResponse,
  JobList: answers.jobListResponse,
  FileList: answers.fileListResponse,
  Agent: answers.agentResponse,
  AgentDetail: answers.agentDetailResponse,
  AgentList: answers.agentListResponse,
  CreatedJoinToken: answers.createdJoinTokenResponse,
  JoinTokenList: answers.joinTokenListResponse,
  Health: answers.healthResponse,
  Status: answers.statusResponse,
  Problem: answers.problemResponse,
} as const;

export interface Operation {
  readonly method: 'get' | 'post' | 'delete';
  /** Below `/api/v1`. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly body?: keyof typeof BODIES;
  readonly query?: z.ZodType;
  readonly status: number;
  /** A schema's name, or the media type of what is no JSON of ours; absent: no body. */
  readonly answer?: keyof typeof ANSWERS | 'text/event-stream' | 'text/plain' | 'application/json';
  readonly headers?: readonly string[];
  readonly answerHeaders?: readonly string[];
  /** Needs no token. */
  readonly open?: boolean;
}

/** Every route of the own API. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/uploads',
    id: 'createUpload',
    answerHeaders: ['Location'],
    answer: 'CreatedUpload',
    summary: 'Start an upload; PUT the file to the answered url',
    body: 'UploadRequest',
    status: 201,
  },
  {
    method: 'get',
    path: '/uploads',
    id: 'listUploads',
    answer: 'UploadList',
    summary: 'Uploads of this owner, newest first',
    status: 200,
  },
  {
    method: 'get',
    path: '/uploads/{id}',
    id: 'getUpload',
    answer: 'Upload',
    summary: 'One upload',
    status: 200,
  },
  {
    method: 'get',
    path: '/uploads/{id}/parts',
    id: 'listParts',
    answer: 'PartList',
    summary: 'Parts that have arrived, to go on with an upload',
    status: 200,
  },
  {
    method: 'post',
    path: '/uploads/{id}/parts',
    id: 'signParts',
    answer: 'SignedParts',
    summary: 'Sign part URLs of a multipart upload',
    body: 'PartsRequest',
    status: 200,
  },
  {
    method: 'post',
    path: '/uploads/{id}/complete',
    id: 'completeUpload',
    answer: 'Upload',
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
    answerHeaders: ['Location'],
    answer: 'SubmittedJob',
    summary: 'Submit a job',
    body: 'JobRequest',
    status: 201,
    headers: ['Idempotency-Key'],
  },
  {
    method: 'get',
    path: '/jobs',
    id: 'listJobs',
    answer: 'JobList',
    summary: 'Jobs, newest first',
    query: jobQuery,
    status: 200,
  },
  {
    method: 'get',
    path: '/jobs/{id}',
    id: 'getJob',
    answer: 'JobDetail',
    summary: 'One job with its tasks, and why it waits',
    status: 200,
  },
  {
    method: 'get',
    path: '/jobs/{id}/events',
    id: 'watchJob',
    answer: 'text/event-stream',
    summary: 'Server-sent events until the job has ended',
    query: watchQuery,
    status: 200,
    headers: ['Last-Event-ID'],
  },
  {
    method: 'post',
    path: '/jobs/{id}/cancel',
    id: 'cancelJob',
    answer: 'Job',
    summary: 'End a job that has not ended',
    status: 200,
  },
  {
    method: 'post',
    path: '/jobs/{id}/retry',
    id: 'retryJob',
    answer: 'Job',
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
    answerHeaders: ['Location'],
    summary: 'Redirect to the result',
    status: 307,
  },
  {
    method: 'get',
    path: '/jobs/{id}/files',
    id: 'listFiles',
    answer: 'FileList',
    summary: 'Files that the command of a job named, by name; none before it has written all of them',
    status: 200,
  },
  {
    method: 'get',
    path: '/agents',
    id: 'listAgents',
    answer: 'AgentList',
    summary: 'Agents with hardware and load',
    status: 200,
  },
  {
    method: 'get',
    path: '/agents/{id}',
    id: 'getAgent',
    answer: 'AgentDetail',
    summary: 'One agent with its running tasks',
    status: 200,
  },
  {
    method: 'post',
    path: '/agents/{id}/drain',
    id: 'drainAgent',
    answer: 'Agent',
    summary: 'Finish what it holds, take nothing new',
    body: 'DrainRequest',
    status: 200,
  },
  {
    method: 'post',
    path: '/agents/{id}/revoke',
    id: 'revokeAgent',
    summary: 'End its session at once and never let it in again',
    status: 204,
  },
  {
    method: 'post',
    path: '/join-tokens',
    id: 'createJoinToken',
    answer: 'CreatedJoinToken',
    summary: 'Make a token that lets machines join',
    body: 'JoinTokenRequest',
    status: 201,
  },
  {
    method: 'get',
    path: '/join-tokens',
    id: 'listJoinTokens',
    answer: 'JoinTokenList',
    summary: 'Join tokens, newest first; never their secrets',
    status: 200,
  },
  {
    method: 'delete',
    path: '/join-tokens/{id}',
    id: 'revokeJoinToken',
    summary: 'Let nobody in by it any more; agents that it let in stay',
    status: 204,
  },
  {
    method: 'get',
    path: '/health',
    id: 'health',
    open: true,
    answer: 'Health',
    summary: 'The process lives',
    status: 200,
  },
  {
    method: 'get',
    path: '/ready',
    id: 'ready',
    open: true,
    answer: 'Status',
    summary: 'Database and object store can be used',
    status: 200,
  },
  {
    method: 'get',
    path: '/metrics',
    id: 'metrics',
    open: true,
    answer: 'text/plain',
    summary: 'Prometheus metrics',
    status: 200,
  },
  {
    method: 'get',
    path: '/openapi.json',
    id: 'openapi',
    open: true,
    answer: 'application/json',
    summary: 'This document',
    status: 200,
  },
];
