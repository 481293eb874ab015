import type { Context as Exchange } from 'koa';
import type { Clock } from '../../../../shared/clock.ts';
import type { UserView } from '../../../domain/user.ts';
import type { UsersFace } from '../../../grid/face.ts';
import { tokenRefused } from '../errors.ts';
import type { FormerNames } from './former-names.ts';
import { KnownCallers } from './known-callers.ts';
import { isRole, type Role } from './roles.ts';
import { endedByChange, tokenText, type SignedToken, type Token, type Tokens } from './tokens.ts';

/** Of the users of this API, among those of the grid. */
export const REALM = 'openencoder';

/** Whoever makes a request, as the database knows them now. */
export interface Caller {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
}

/** The role in the database; a word that is none can do the least. */
export function roleOf({ role }: UserView): Role {
  return isRole(role) ? role : 'guest';
}

interface Deps {
  readonly users: UsersFace;
  readonly tokens: Tokens;
  readonly formerNames: FormerNames;
  readonly clock: Clock;
}

/** Knows callers by their token. The database decides who they are and what they may, not the token (contract 2.3). */
export class Callers {
  readonly #deps: Deps;
  readonly #known: KnownCallers<Caller>;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#known = new KnownCallers(deps.clock);
  }

  /** Throws the contract's refusal where there is no good token. */
  async of(ctx: Exchange): Promise<Caller> {
    const text = tokenText(ctx);
    return (
      this.#known.get(text) ??
      this.#known.find(text, async () => {
        const token = this.#deps.tokens.read(text, this.#nowS());
        const user = await this.#userOf(token);
        const caller = { id: user.id, name: user.name, role: roleOf(user) };
        return { caller, expiresS: token.expiresS };
      })
    );
  }

  /** A change of users through this process: their callers are looked up anew after it. */
  afterChange<T>(change: Promise<T>): Promise<T> {
    return this.#known.afterChange(change);
  }

  /** Another token for the session of a request. */
  async refresh(ctx: Exchange): Promise<SignedToken> {
    const token = this.#deps.tokens.readForRefresh(tokenText(ctx), this.#nowS());
    return this.#deps.tokens.sign(await this.#userOf(token), token.startedS);
  }

  #nowS(): number {
    return this.#deps.clock.wallMs() / 1000;
  }

  async #userOf(token: Token): Promise<UserView> {
    const { users, formerNames } = this.#deps;
    const user = await users.find(REALM, token.name);
    if (user === undefined) throw tokenRefused('the user of the token does not exist');
    if (!user.active) throw tokenRefused('account disabled');
    if (endedByChange(user, token)) throw tokenRefused('the account was changed: log in again');
    // Somebody else had the name before.
    const isLater = user.createdAt.getTime() > token.issuedS * 1000;
    if (isLater && (await formerNames.endsToken(user.name, token.issuedS)))
      throw tokenRefused('the account was changed: log in again');
    return user;
  }
}
