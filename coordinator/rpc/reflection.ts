import type { ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js';
import { ERROR_CODES, GridError, toGridError } from '../../shared/errors.ts';
import { FILE_DESCRIPTORS, type FileDescriptor } from '../../shared/gen/file-descriptors.ts';
import {
  ServerReflectionService,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  type ServerReflectionServer,
} from '../../shared/gen/grpc/reflection/v1/reflection.ts';
import { OpenStreams } from './open-streams.ts';
import { resetStream } from './reset-stream.ts';
import type { CallDeps, RpcService } from './rpc-service.ts';
import { reportStatus } from './status.ts';

type Call = ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>;
type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

const BY_NAME: ReadonlyMap<string, FileDescriptor> = new Map(
  FILE_DESCRIPTORS.map((file) => [file.name, file]),
);

/** A file and, before it, everything that it imports, directly or not. */
function withImports(file: FileDescriptor, found = new Set<FileDescriptor>()): Set<FileDescriptor> {
  for (const name of file.imports) {
    const imported = BY_NAME.get(name);
    if (imported !== undefined && !found.has(imported)) withImports(imported, found);
  }
  return found.add(file);
}

function describe(file: FileDescriptor | undefined, asked: string): Answer {
  if (file === undefined) {
    throw new GridError('not_found', `nothing here is called ${JSON.stringify(asked.slice(0, 200))}`);
  }
  // Clients read the file they asked for first.
  const files = [...withImports(file)].toReversed();
  const fileDescriptorProto = files.map((one) => Buffer.from(one.base64, 'base64'));
  return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
}

function answer(request: ServerReflectionRequest): Answer {
  const asked = request.messageRequest;
  switch (asked?.$case) {
    case 'listServices': {
      const names = FILE_DESCRIPTORS.flatMap((file) => file.services);
      return { $case: 'listServicesResponse', value: { service: names.map((name) => ({ name })) } };
    }
    case 'fileByFilename':
      return describe(BY_NAME.get(asked.value), asked.value);
    case 'fileContainingSymbol': {
      const file = FILE_DESCRIPTORS.find((one) => one.symbols.includes(asked.value));
      return describe(file, asked.value);
    }
    case 'fileContainingExtension':
    case 'allExtensionNumbersOfType':
      throw new GridError('not_found', 'proto3 has no extensions, and neither have these services');
    case undefined:
      throw new GridError('invalid_argument', 'message_request is missing: say what to look up');
  }
}

function respond(request: ServerReflectionRequest): ServerReflectionResponse {
  let messageResponse: Answer;
  try {
    messageResponse = answer(request);
  } catch (thrown) {
    const { code, message } = toGridError(thrown);
    const value = { errorCode: ERROR_CODES[code].grpc, errorMessage: message };
    messageResponse = { $case: 'errorResponse', value };
  }
  return { validHost: request.host, originalRequest: request, messageResponse };
}

/** The same methods under the older name: same messages, same numbers. */
function asAlpha(definition: ServiceDefinition): ServiceDefinition {
  const renamed = Object.entries(definition).map(([key, method]) => [
    key,
    { ...method, path: method.path.replace('.v1.', '.v1alpha.') },
  ]);
  return Object.fromEntries(renamed) as ServiceDefinition;
}

/** Server reflection, so that `buf curl` and grpcurl need no .proto files; v1 and, for older tools, v1alpha. */
export function createReflectionServices(deps: CallDeps): RpcService[] {
  const open = new OpenStreams('reflection streams', deps.limits.watches);
  const calls = new Set<Call>();

  function serve(call: Call): void {
    let leave: () => void;
    try {
      leave = open.enter();
    } catch (thrown) {
      call.emit('error', reportStatus(deps.logger, call.getPath(), thrown));
      return;
    }
    calls.add(call);
    const timer = deps.clock.after(deps.limits.reflectionMs, () => resetStream(call));
    const closed = (): void => {
      timer.cancel();
      calls.delete(call);
      leave();
    };
    call.on('data', (request: ServerReflectionRequest) => {
      if (call.write(respond(request))) return;
      call.pause();
      call.once('drain', () => call.resume());
    });
    call.on('end', () => call.end());
    call.on('error', closed);
    call.on('cancelled', closed);
    call.on('close', closed);
  }

  const implementation: ServerReflectionServer = { serverReflectionInfo: serve };
  const stop = (): void => {
    for (const call of calls) call.end();
  };
  return [
    { definition: ServerReflectionService, implementation, stop },
    { definition: asAlpha(ServerReflectionService), implementation },
  ];
}
