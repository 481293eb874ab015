import { expect, test } from 'vitest';
import { distinctChains, filteredOutputs } from '../../../../agent/media/filter-graph.ts';

const each = ['-f', 'yuv4mpegpipe'];
const FIRST = ['setpts=N'];

test('one chain is a plain list of filters', () => {
  expect(filteredOutputs(FIRST, [['gradfun', 'scale=2:2']], { each, outputs: ['pipe:1'] })).toEqual([
    '-map',
    '0:v:0',
    '-vf',
    'setpts=N,gradfun,scale=2:2',
    ...each,
    'pipe:1',
  ]);
  expect(filteredOutputs(FIRST, [[]], { each, outputs: ['pipe:1'] })).toContain('setpts=N');
});

test('what several chains begin with alike is done once, and each goes its own way from there', () => {
  const chains = [
    ['spp', 'gradfun', 'scale=2:2'],
    ['spp', 'gradfun', 'scale=4:4'],
    ['spp', 'gradfun'],
  ];
  expect(filteredOutputs(FIRST, chains, { each, outputs: ['pipe:1', 'pipe:3', 'pipe:4'] })).toEqual([
    '-filter_complex',
    '[0:v:0]setpts=N,spp,gradfun,split=3[in0][in1][in2];[in0]scale=2:2[out0];[in1]scale=4:4[out1];[in2]null[out2]',
    ...['-map', '[out0]', ...each, 'pipe:1'],
    ...['-map', '[out1]', ...each, 'pipe:3'],
    ...['-map', '[out2]', ...each, 'pipe:4'],
  ]);
});

test('a filter behind a different one is not the same work', () => {
  const chains = [
    ['uspp', 'gradfun'],
    ['spp', 'gradfun'],
  ];
  const [, graph] = filteredOutputs(FIRST, chains, { each, outputs: ['pipe:1', 'pipe:3'] });
  expect(graph).toBe('[0:v:0]setpts=N,split=2[in0][in1];[in0]uspp,gradfun[out0];[in1]spp,gradfun[out1]');
});

test('chains that are the same share an output', () => {
  expect(distinctChains([['a', 'b'], [], ['a', 'b'], ['a'], []])).toEqual([['a', 'b'], [], ['a']]);
});
