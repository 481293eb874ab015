import { MACHINE_NAME } from './provider.ts';

/** How machines of a cloud find their grid. */
export interface GridAddress {
  /** host:port of gRPC, or several with commas between. */
  readonly coordinator: string;
  /** PEM of the CA that the coordinators' certificates must come from; `system`: the public ones; absent: plain text. */
  readonly ca?: string;
}

/** Where a machine gets the agent from, when its image does not bring it in `/opt/clipgrid`. */
export interface AgentPackage {
  /** Of a `.tar.gz` with one folder at its top. */
  readonly url: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface CloudInit extends GridAddress {
  readonly joinToken: string;
  readonly package?: AgentPackage;
}

const ENVIRONMENT = '/etc/clipgrid/agent.env';
const CA_FILE = '/etc/clipgrid/ca.pem';
const INSTALLER = '/usr/local/lib/clipgrid/install.sh';
const SERVICE = 'clipgrid-agent.service';
const HOME = '/opt/clipgrid';

const UNIT = `[Unit]
Description=clipgrid agent
Wants=network-online.target
After=network-online.target

[Service]
EnvironmentFile=${ENVIRONMENT}
Environment=CLIPGRID_AGENT_DATA=/var/lib/clipgrid
ExecStart=${HOME}/cli/clipgrid.mjs agent
Restart=always
RestartSec=5
KillMode=mixed
TimeoutStopSec=60

[Install]
WantedBy=multi-user.target
`;

/** One argument for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function installer({ package: from }: CloudInit): string {
  const fetch = from
    ? `  curl -fsSL --proto '=https' --retry 8 --retry-connrefused -o /tmp/clipgrid.tar.gz ${quoted(from.url)}
  echo ${quoted(`${from.sha256}  /tmp/clipgrid.tar.gz`)} | sha256sum -c -
  mkdir -p ${HOME}
  tar -xzf /tmp/clipgrid.tar.gz -C ${HOME} --strip-components=1`
    : `  echo 'this image has no clipgrid in ${HOME}, and no package to install is set' >&2
  exit 1`;
  return `#!/bin/sh
set -eu
if [ ! -e ${HOME}/cli/clipgrid.mjs ]; then
${fetch}
fi
echo "CLIPGRID_NAME=${MACHINE_NAME}-$(cat /var/lib/cloud/data/instance-id)" >>${ENVIRONMENT}
systemctl daemon-reload
systemctl enable --now ${SERVICE}
`;
}

function environment({ coordinator, ca, joinToken }: CloudInit): string {
  const caFile = ca === undefined ? [] : [`CLIPGRID_CA=${ca === 'system' ? ca : CA_FILE}`];
  return [`CLIPGRID_COORDINATOR=${coordinator}`, ...caFile, `CLIPGRID_JOIN_TOKEN=${joinToken}`, ''].join(
    '\n',
  );
}

/** The name that an agent of a cloud's machine gives itself: the provider's id tells machines of one order apart. */
export function agentNameOf(providerId: string): string {
  return `${MACHINE_NAME}-${providerId}`;
}

/**
 * What a cloud's machine does at its first start: it installs the agent and runs it as a service. JSON is YAML, so nothing
 * needs YAML's quoting. The join token is the only secret: it lets agents in, soon ends, and opens neither database nor store.
 */
export function cloudInit(input: CloudInit): string {
  const { ca } = input;
  const config = {
    ...(input.package
      ? { package_update: true, packages: ['ca-certificates', 'curl', 'nodejs', 'npm'] }
      : {}),
    write_files: [
      { path: ENVIRONMENT, permissions: '0600', content: environment(input) },
      ...(ca === undefined || ca === 'system' ? [] : [{ path: CA_FILE, permissions: '0644', content: ca }]),
      { path: `/etc/systemd/system/${SERVICE}`, permissions: '0644', content: UNIT },
      { path: INSTALLER, permissions: '0700', content: installer(input) },
    ],
    runcmd: [[INSTALLER]],
  };
  return `#cloud-config\n${JSON.stringify(config, undefined, 2)}\n`;
}
