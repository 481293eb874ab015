import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEvents, type SseMessage } from '../../../client/sse.ts';

async function parse(bytes: Uint8Array, cuts: readonly number[] = []): Promise<SseMessage[]> {
  const sorted = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let i = 1; i < sorted.length; i++) yield bytes.subarray(sorted[i - 1], sorted[i]);
  }
  const messages: SseMessage[] = [];
  for await (const message of parseEvents(chunks())) messages.push(message);
  return messages;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test('event, data and id; comments, unknown fields and an unfinished message are dropped', async () => {
  const text =
    ': hello\nevent: progress\ndata: {"a":1}\n\nid: 7\nretry: 5\ndata: one\ndata:two\n\nevent: lonely\n\ndata: cut off';
  expect(await parse(encode(text))).toEqual([
    { event: 'progress', data: '{"a":1}', id: '' },
    { event: 'message', data: 'one\ntwo', id: '7' },
  ]);
});

test('any cut into chunks, within characters and line ends too, gives the same messages', async () => {
  const text = 'id: 1\r\nevent: ü\r\ndata: 漢字 🎞\r\n\r\nid: 2\rdata: b\r\rdata: c\n\n';
  const whole = await parse(encode(text));
  expect(whole.map(({ data, id }) => `${id}${data}`)).toEqual(['1漢字 🎞', '2b', '2c']);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat()), async (cuts) => {
      expect(await parse(encode(text), cuts)).toEqual(whole);
    }),
  );
});
