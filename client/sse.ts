import { GridError } from '../shared/errors.ts';

/** One message of an event stream. `id` is the last one told so far, empty before the first. */
export interface SseMessage {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}

/** A job of 10,000 clips is some 4 MiB. */
const MAX_MESSAGE_CHARS = 64 * 1024 * 1024;

/**
 * Parses the WHATWG server-sent events format: lines end in LF, CR LF or CR, an empty line ends a message, several
 * data lines are joined, comments and unknown fields are skipped. A message that the stream's end cut off is dropped.
 */
export async function* parseEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SseMessage> {
  const decoder = new TextDecoder();
  let rest = '';
  let [event, id] = ['', ''];
  let data: string[] = [];
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > MAX_MESSAGE_CHARS)
      throw new GridError('too_large', 'an event of the stream is too large');
    // A CR at the end may be half of a CR LF.
    const whole = rest.endsWith('\r') ? rest.slice(0, -1) : rest;
    const lines = whole.split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? '') + rest.slice(whole.length);
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event: event || 'message', data: data.join('\n'), id };
        [event, data] = ['', []];
        continue;
      }
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id' && !value.includes('\0')) id = value;
    }
  }
}
