import type { DialectParts } from '../dialect.ts';
import type { FinalripSettings } from './settings.ts';

/** Name under which a configured token is kept: what the operator no longer configures is revoked by it. */
const CONFIGURED = 'finalrip-setting';
/** The reference's default, known to everybody. */
const WELL_KNOWN = '114514';
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);

function warn({ logger, host }: DialectParts, { auth, tokens, port }: FinalripSettings): void {
  if (auth === 'none') logger.warn({ host, port }, 'FinalRip lets everybody in: its authentication is off');
  else if (tokens.length === 0)
    logger.info({}, 'FinalRip knows no token of its own yet: set CLIPGRID_FINALRIP_TOKEN');
  if (tokens.some((token) => token.secret === WELL_KNOWN) && !LOOPBACK.has(host))
    logger.warn({ host, port }, 'the FinalRip token is the well-known 114514 and the port is open to others');
}

/** The configured tokens, and only they, exist from now on; tokens made by other means stay as they are. */
export async function ensureTokens(parts: DialectParts, settings: FinalripSettings): Promise<void> {
  const { accounts } = parts.grid;
  warn(parts, settings);
  const owners = new Set(settings.tokens.map((token) => token.ownerId));
  for (const { ownerId, name } of await accounts.listTokens()) {
    if (name === CONFIGURED && !owners.has(ownerId)) await accounts.revokeToken(ownerId, name);
  }
  for (const token of settings.tokens) await accounts.ensureToken({ ...token, name: CONFIGURED });
}
