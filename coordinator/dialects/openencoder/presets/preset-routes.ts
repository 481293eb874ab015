import type { Context as Exchange } from 'koa';
import { GridError } from '../../../../shared/errors.ts';
import { checkedMediaCommand } from '../../../domain/check-spec.ts';
import type { CommandSpec } from '../../../domain/job.ts';
import { readBody, type Shape } from '../body.ts';
import type { Context } from '../context.ts';
import { invalid, OpenencoderError, unknown } from '../errors.ts';
import { commandOf } from '../jobs/command.ts';
import { idOf, sliceOf } from '../paging.ts';
import { created, ok, type Answer, type Request, type Route } from '../routes.ts';
import { checkOutputName, presetCommand } from './preset-data.ts';
import type { PresetInput, PresetRow } from './preset-store.ts';

const SHAPE: Shape = {
  name: 'request',
  fields: [
    { name: 'name', type: 'text', required: true },
    { name: 'description', type: 'text', required: true },
    { name: 'data', type: 'text', required: true },
    { name: 'output', type: 'text', required: true },
    { name: 'active', type: 'flag', required: true },
  ],
};
const MAX_NAME_CHARS = 128;
const MAX_DESCRIPTION_CHARS = 4096;

function view({ preset_id: id, name, description, data, output, active }: PresetRow) {
  return { id, name, description, data, output, active };
}

async function readPreset(ctx: Exchange): Promise<PresetInput> {
  const values = await readBody(ctx, SHAPE);
  const [name, description] = [values.text('name'), values.text('description')];
  if (name.length > MAX_NAME_CHARS) throw invalid(`name is longer than ${MAX_NAME_CHARS} characters`);
  if (description.length > MAX_DESCRIPTION_CHARS)
    throw invalid(`description is longer than ${MAX_DESCRIPTION_CHARS} characters`);
  const data = values.text('data');
  const command = presetCommand(data);
  const output = checkOutputName(values.text('output'));
  checkRun(commandOf(command, output));
  return { name, description, data, output, active: values.flag('active') ?? false };
}

/** The whole of it as the grid will judge it: the name of the output, too, may be one that cannot be. */
function checkRun(command: CommandSpec): void {
  try {
    checkedMediaCommand(command);
  } catch (error) {
    throw error instanceof GridError ? invalid(`the preset is not valid: ${error.message}`) : error;
  }
}

function taken(name: string): OpenencoderError {
  const error = `there is a preset of the name ${JSON.stringify(name)} already: take another one`;
  return new OpenencoderError(409, { error });
}

/** Contract 2.8, and the aliases of the draft page (2.6). */
export function presetRoutes({ presets }: Context): Route[] {
  async function create({ ctx }: Request): Promise<Answer> {
    const input = await readPreset(ctx);
    const row = await presets.create(input);
    if (row === undefined) throw taken(input.name);
    return created({ preset: view(row), ...view(row), status: 201 });
  }
  async function update({ ctx, id }: Request): Promise<Answer> {
    const input = await readPreset(ctx);
    const number = idOf(id);
    const row = number === undefined ? undefined : await presets.update(number, input);
    if (row === undefined) throw unknown('Preset');
    if (row === 'taken') throw taken(input.name);
    return ok(view(row));
  }
  async function list({ query }: Request): Promise<Answer> {
    const slice = sliceOf(query);
    const [count, rows] = await Promise.all([presets.count(), slice ? presets.list(slice) : []]);
    const items = rows.map(view);
    return ok({ count, presets: items, items });
  }
  async function get({ id }: Request): Promise<Answer> {
    const number = idOf(id);
    const row = number === undefined ? undefined : await presets.byId(number);
    if (row === undefined) throw unknown('Preset');
    return ok({ preset: view(row), status: 200 });
  }
  return [
    { method: 'GET', path: '/presets', who: 'guest', handle: list },
    { method: 'POST', path: '/presets', who: 'operator', handle: create },
    { method: 'GET', path: '/presets/:id', who: 'guest', handle: get },
    { method: 'PUT', path: '/presets/:id', who: 'operator', handle: update },
    { method: 'POST', path: '/preset/:id', who: 'operator', handle: update },
  ];
}
