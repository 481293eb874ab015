import { GridError } from '../../../../shared/errors.ts';
import { Turnstile } from '../../../../shared/turnstile.ts';
import type { UserView } from '../../../domain/user.ts';
import { RateLimit } from '../../../http/rate-limit.ts';
import { readBody, type Shape, type Values } from '../body.ts';
import type { Context } from '../context.ts';
import { coded, invalid, OpenencoderError, tokenRefused } from '../errors.ts';
import { ok, type Answer, type Request, type Route } from '../routes.ts';
import { REALM } from './callers.ts';
import { readCredentials } from './credentials.ts';
import type { SignedToken } from './tokens.ts';

const REGISTER: Shape = {
  name: 'request',
  fields: [
    { name: 'username', type: 'text', required: true },
    { name: 'password', type: 'text', required: true },
  ],
};
const NEW_PASSWORD: Shape = {
  name: 'request',
  fields: [
    { name: 'username', type: 'text', required: true },
    { name: 'current_password', type: 'text', required: true },
    { name: 'new_password', type: 'text', required: true },
    { name: 'verify_password', type: 'text' },
  ],
};
const PROFILE: Shape = {
  name: 'request',
  fields: NEW_PASSWORD.fields.map((field) => ({
    ...field,
    required: /^(username|current)/.test(field.name),
  })),
};
const NO_NEW_PASSWORD = 'validation error. please provide username, current password and new password';
const WRONG_PASSWORD = coded(401, 'unauthorized');
const WINDOW_S = 60;
const MAX_NAME_CHARS = 128;

function hasCode(error: unknown, code: GridError['code']): boolean {
  return error instanceof GridError && error.code === code;
}

function isVerified(values: Values): boolean {
  const verify = values.text('verify_password');
  return verify === '' || verify === values.text('new_password');
}

function session({ token, expiresS }: SignedToken): Answer {
  return ok({ code: 200, token, expire: new Date(expiresS * 1000).toISOString().replace('.000Z', 'Z') });
}

/** Throws `wrong` for an unknown name and a wrong password alike. */
async function signIn(
  { parts, settings }: Context,
  { ctx }: Request,
  { name, password, wrong }: { name: string; password: string; wrong: OpenencoderError },
): Promise<UserView> {
  const address = ctx.req.socket.remoteAddress ?? '';
  const { account: perAccount, address: perAddress } = settings.loginsPerMinute;
  const limits = { perAccount, perAddress, windowS: WINDOW_S };
  try {
    return await parts.grid.users.authenticate({ realm: REALM, name, password, address, limits });
  } catch (error) {
    throw hasCode(error, 'unauthenticated') ? wrong : error;
  }
}

/** A name that was given up just now can be taken in a moment. */
async function untilFree({ parts, formerNames }: Context, name: string): Promise<void> {
  const restMs = await formerNames.restMs(name);
  if (restMs > 0) await parts.clock.sleep(restMs);
}

async function register(context: Context, { ctx }: Request, limit: RateLimit): Promise<Answer> {
  const { parts } = context;
  const values = await readBody(ctx, REGISTER);
  const name = values.text('username');
  // Each costs the hash of a password; a name that is too long is refused before that.
  if (name.length <= MAX_NAME_CHARS) limit.count(ctx.req.socket.remoteAddress ?? '');
  await untilFree(context, name);
  try {
    await parts.grid.users.create({ realm: REALM, name, password: values.text('password'), role: 'guest' });
  } catch (error) {
    if (!hasCode(error, 'already_exists')) throw error;
    throw new OpenencoderError(400, { message: 'error creating user' });
  }
  return ok({ user: name, message: 'user created' });
}

async function login(context: Context, request: Request): Promise<Answer> {
  const { username: name, password } = await readCredentials(request.ctx);
  if (name === '' || password === '') throw tokenRefused('missing Username or Password');
  const wrong = tokenRefused('incorrect Username or Password');
  const user = await signIn(context, request, { name, password, wrong });
  if (!user.active) throw tokenRefused('account disabled');
  if (user.mustReset) throw tokenRefused('require password reset');
  return session(context.tokens.sign(user));
}

async function updatePassword(context: Context, request: Request): Promise<Answer> {
  const values = await readBody(request.ctx, NEW_PASSWORD).catch((error: unknown) => {
    throw error instanceof OpenencoderError ? coded(400, NO_NEW_PASSWORD) : error;
  });
  if (!isVerified(values)) throw coded(400, 'validation error. the two new passwords are not the same');
  const name = values.text('username');
  const password = values.text('current_password');
  const { id, active } = await signIn(context, request, { name, password, wrong: WRONG_PASSWORD });
  if (!active) throw coded(401, 'account disabled');
  const change = { password: values.text('new_password'), mustReset: false };
  await context.callers.afterChange(context.parts.grid.users.update({ realm: REALM, id }, change));
  return ok({ user: name, message: 'user updated' });
}

async function putProfile(context: Context, request: Request, turnstile: Turnstile): Promise<Answer> {
  const { parts, formerNames } = context;
  const name = request.caller?.name ?? '';
  const values = await readBody(request.ctx, PROFILE);
  if (!isVerified(values)) throw invalid('verify_password is not the same as new_password');
  const password = values.text('current_password');
  const { id } = await signIn(context, request, { name, password, wrong: WRONG_PASSWORD });
  const [newName, newPassword] = [values.text('username'), values.text('new_password')];
  const change = { name: newName, ...(newPassword === '' ? {} : { password: newPassword }) };
  if (newName !== name) await untilFree(context, newName);
  try {
    const work = parts.db.transaction();
    await context.callers.afterChange(
      turnstile.run(() =>
        work.execute(async (tx) => {
          await parts.grid.users.update({ realm: REALM, id }, change, tx);
          if (newName !== name) await formerNames.add(name, tx);
        }),
      ),
    );
  } catch (error) {
    throw hasCode(error, 'already_exists') ? invalid('username is taken') : error;
  }
  return ok({ user: name, message: 'user updated' });
}

async function getProfile({ caller }: Request): Promise<Answer> {
  return ok({ role: caller?.role, status: 200, username: caller?.name });
}

/** Contract 2.3: everybody's own account. */
export function accountRoutes(context: Context): Route[] {
  // Each holds a connection while a password is hashed: many at once would leave none for anybody else.
  const turnstile = new Turnstile({ atOnce: 2, waiting: 200, of: 'changes of accounts' });
  const { clock } = context.parts;
  const most = context.settings.registrationsPerMinute;
  const registrations = new RateLimit({ clock, most, windowS: WINDOW_S, of: 'registrations' });
  return [
    {
      method: 'POST',
      path: '/register',
      who: 'anybody',
      handle: (request) => register(context, request, registrations),
    },
    { method: 'POST', path: '/login', who: 'anybody', handle: (request) => login(context, request) },
    {
      method: 'POST',
      path: '/update-password',
      who: 'anybody',
      handle: (request) => updatePassword(context, request),
    },
    // Its token may be expired: judged by the handler.
    {
      method: 'GET',
      path: '/refresh-token',
      who: 'anybody',
      handle: async ({ ctx }) => session(await context.callers.refresh(ctx)),
    },
    { method: 'GET', path: '/me', who: 'guest', handle: getProfile },
    {
      method: 'PUT',
      path: '/me',
      who: 'guest',
      handle: (request) => putProfile(context, request, turnstile),
    },
  ];
}
