import { GridError } from '../../../../shared/errors.ts';
import type { UserView } from '../../../domain/user.ts';
import { readBody, type Shape } from '../body.ts';
import type { Context } from '../context.ts';
import { invalid, unknown } from '../errors.ts';
import { idOf, sliceOf } from '../paging.ts';
import { ok, type Answer, type Request, type Route } from '../routes.ts';
import { REALM, roleOf } from './callers.ts';
import { isRole, ROLES } from './roles.ts';

const CHANGE: Shape = {
  name: 'request',
  fields: [
    { name: 'role', type: 'text' },
    { name: 'active', type: 'flag' },
  ],
  mayBeEmpty: true,
};
/** Made by the first start; never changes, so that nobody locks everybody out. */
const FIRST_ID = 1;

function view(user: UserView) {
  return { id: user.id, username: user.name, role: roleOf(user), active: user.active };
}

function noUser(error: unknown): never {
  throw error instanceof GridError && error.code === 'not_found' ? unknown('User') : error;
}

/** Contract 2.9. */
export function userRoutes({ parts, callers }: Context): Route[] {
  const { users } = parts.grid;
  async function list({ query }: Request): Promise<Answer> {
    const slice = sliceOf(query);
    const { total, items } = await users.list(REALM, slice ?? { offset: 0, limit: 1 });
    return ok({ code: 200, count: total, users: slice ? items.map(view) : [] });
  }
  async function update({ ctx, id: text }: Request): Promise<Answer> {
    const values = await readBody(ctx, CHANGE);
    const [role, active] = [values.text('role'), values.flag('active')];
    if (role !== '' && !isRole(role))
      throw invalid(`role is ${JSON.stringify(role.slice(0, 100))}: give one of ${ROLES.join(', ')}`);
    const id = idOf(text);
    if (id === undefined) throw unknown('User');
    if (id === FIRST_ID) return ok(view(await users.get(REALM, id)));
    const change = { ...(role === '' ? {} : { role }), ...(active === undefined ? {} : { active }) };
    const updated = callers.afterChange(users.update({ realm: REALM, id }, change));
    return ok(view(await updated.catch(noUser)));
  }
  return [
    { method: 'GET', path: '/users', who: 'admin', handle: list },
    { method: 'PUT', path: '/users/:id', who: 'admin', handle: update },
  ];
}
