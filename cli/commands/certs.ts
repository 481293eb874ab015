import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { GridError } from '../../shared/errors.ts';
import { wholeNumber, words } from '../arguments.ts';
import { createCa, createLeaf, type Certified, type Issuer, type Validity } from '../certs/certificate.ts';
import { allOptions, createCommand } from '../command.ts';
import { writeResult, type CliContext } from '../context.ts';

const CA_NAME = 'clipgrid CA';
const CA_DAYS = 3650;
const MAX_DAYS = 825;

interface CertsOptions {
  readonly out: string;
  readonly days: number;
}

/** Host names and addresses as they stand in a certificate. */
function host(text: string, before: readonly string[] = []): string[] {
  if (isIP(text) > 0 || /^(\*\.)?[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?$/i.test(text)) return [...before, text];
  throw new InvalidArgumentError('Give a host name such as grid.lab, or an IP address.');
}

async function write(folder: string, name: string, { cert, key }: Certified): Promise<void> {
  await writeFile(join(folder, `${name}-key.pem`), key, { mode: 0o600, flag: 'wx' });
  await writeFile(join(folder, `${name}.pem`), cert, { mode: 0o644, flag: 'wx' });
}

/** The folder's CA; made when it has none. */
async function openCa(folder: string, now: Date): Promise<Issuer> {
  const cert = await readFile(join(folder, 'ca.pem'), 'utf8').catch(() => undefined);
  if (cert === undefined) {
    await write(folder, 'ca', createCa(CA_NAME, { from: now, days: CA_DAYS }));
    return openCa(folder, now);
  }
  const key = createPrivateKey(await readFile(join(folder, 'ca-key.pem'), 'utf8'));
  const { publicKey } = new X509Certificate(cert);
  if (!createPublicKey(key).equals(publicKey)) {
    const message = `ca.pem and ca-key.pem in ${folder} do not belong together`;
    throw new GridError('failed_precondition', message);
  }
  return { name: CA_NAME, key, publicKey };
}

async function makeCertificate(
  folder: string,
  hosts: readonly string[],
  validity: Validity,
): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ca = await openCa(folder, validity.from);
  const name = (hosts[0] ?? '').replaceAll(/[^\w.-]/g, '_');
  await write(folder, name, createLeaf(hosts, ca, validity)).catch((cause: unknown) => {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    const message = `${folder} has a certificate ${name}.pem already: remove ${name}.pem and ${name}-key.pem first, or give another --out`;
    throw new GridError('already_exists', message, { cause });
  });
  return name;
}

/** `clipgrid certs HOST...` */
export function certsCommand(context: CliContext): Command {
  return createCommand({
    name: 'certs',
    summary: 'make a CA and certificates for TLS',
    about: `The first call makes the CA in the folder, later ones use it. Every machine needs ca.pem; ca-key.pem stays here, and secret.
A certificate is good for a coordinator and, where coordinators ask agents for one, for an agent.`,
    examples: [
      {
        line: 'clipgrid certs grid.lab 10.0.0.5 localhost 127.0.0.1',
        does: 'for a coordinator that is reached so',
      },
      { line: 'clipgrid certs render-7', does: 'for an agent' },
    ],
  })
    .argument('<hosts...>', 'host names and IP addresses', host)
    .option('--out <folder>', 'where the files are', words, 'certs')
    .option('--days <n>', 'how long the certificate is good', wholeNumber(1, MAX_DAYS), MAX_DAYS)
    .action(async (hosts: string[], own: CertsOptions, command: Command) => {
      const options = allOptions(command, own);
      const folder = resolve(options.out);
      const name = await makeCertificate(folder, hosts, {
        from: new Date(context.clock.wallMs()),
        days: options.days,
      });
      const [ca, cert, key] = ['ca.pem', `${name}.pem`, `${name}-key.pem`].map((file) => join(folder, file));
      const lines = [
        `${cert} is good for ${hosts.join(', ')}, ${options.days} days`,
        `  coordinator   CLIPGRID_TLS_CERT=${cert} CLIPGRID_TLS_KEY=${key}`,
        `  agents        --ca ${ca}     (CLIPGRID_CA; for the command line, too)`,
      ];
      writeResult(context, options, { document: { hosts, ca, cert, key, days: options.days }, lines });
    });
}
