import { request, type IncomingMessage } from 'node:http';

export interface SseMessage {
  readonly event: string;
  readonly id?: string;
  readonly data: Record<string, unknown>;
}

function parse(block: string): SseMessage {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const id = fields.get('id');
  return {
    event: fields.get('event') ?? '',
    ...(id === undefined ? {} : { id }),
    data: JSON.parse(fields.get('data') ?? 'null') as Record<string, unknown>,
  };
}

/** A reader of server-sent events by the WHATWG format, without reconnecting. */
export class SseReader {
  readonly response: IncomingMessage;
  #buffer = '';

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<SseReader> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, { headers, agent: false }, resolve).on('error', reject).end();
    });
    return new SseReader(response);
  }

  /** Messages until the server ends the stream, or until one that `last` accepts. */
  async until(last: (message: SseMessage) => boolean = () => false): Promise<SseMessage[]> {
    const messages: SseMessage[] = [];
    for await (const chunk of this.response.iterator({ destroyOnReturn: false })) {
      this.#buffer += String(chunk);
      const blocks = this.#buffer.split('\n\n');
      this.#buffer = blocks.pop() ?? '';
      for (const [i, block] of blocks.entries()) {
        const message = parse(block);
        messages.push(message);
        if (!last(message)) continue;
        this.#buffer = [...blocks.slice(i + 1), this.#buffer].join('\n\n');
        return messages;
      }
    }
    return messages;
  }

  close(): void {
    this.response.destroy();
  }
}
