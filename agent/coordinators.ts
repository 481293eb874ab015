import { credentials, type ChannelCredentials } from '@grpc/grpc-js';
import { assert } from '../shared/errors.ts';
import { AgentServiceClient } from '../shared/gen/clipgrid/v1/session.ts';
import { channelOptions } from './channel.ts';
import type { AgentTls } from './config.ts';

/**
 * The coordinators that an agent was told of: it begins with any of them, so that agents spread, and turns to the next
 * one whenever a session ends.
 */
export class Coordinators {
  readonly #addresses: readonly string[];
  readonly #clients = new Map<string, AgentServiceClient>();
  readonly #credentials: ChannelCredentials;
  /** Whether this side speaks TLS. */
  readonly tls: boolean;
  #at: number;

  /** `list`: HOST:PORT, or several with commas between. `random` gives numbers from 0 to below 1. */
  constructor(list: string, random: () => number, tls?: AgentTls) {
    this.tls = tls !== undefined;
    const { ca = null, client } = tls ?? {};
    this.#credentials = this.tls
      ? credentials.createSsl(ca, client?.key ?? null, client?.cert ?? null)
      : credentials.createInsecure();
    this.#addresses = list
      .split(',')
      .map((address) => address.trim())
      .filter((address) => address !== '');
    assert(this.#addresses.length > 0, 'an agent knows at least one coordinator');
    this.#at = Math.floor(random() * this.#addresses.length);
  }

  get address(): string {
    return this.#addresses[this.#at] ?? '';
  }

  /** Whether there is another one than the present one. */
  get several(): boolean {
    return new Set(this.#addresses).size > 1;
  }

  /** A client of the present one; its channel is kept over sessions. */
  get current(): AgentServiceClient {
    const { address } = this;
    const client =
      this.#clients.get(address) ?? new AgentServiceClient(address, this.#credentials, channelOptions());
    this.#clients.set(address, client);
    return client;
  }

  next(): void {
    this.#at = (this.#at + 1) % this.#addresses.length;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }
}
