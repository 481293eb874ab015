/** Programs on this machine are never asked through a proxy. */
const HERE = ['localhost', '127.0.0.1', '::1'];

/**
 * What the environment says of proxies, as Node and gRPC both read it: gRPC knows the names in small letters only. Undefined:
 * nothing is said.
 */
export function proxyEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> | undefined {
  const of = (name: string): string | undefined => env[name] || env[name.toUpperCase()] || undefined;
  const all = of('all_proxy');
  const [http = all, https = all, grpc] = ['http_proxy', 'https_proxy', 'grpc_proxy'].map(of);
  if (http === undefined && https === undefined && grpc === undefined) return undefined;
  const direct = [...(of('no_proxy')?.split(',') ?? []), ...HERE].map((host) => host.trim());
  return {
    ...(http === undefined ? {} : { http_proxy: http }),
    ...(https === undefined ? {} : { https_proxy: https }),
    ...(grpc === undefined ? {} : { grpc_proxy: grpc }),
    no_proxy: [...new Set(direct)].filter((host) => host !== '').join(','),
  };
}
