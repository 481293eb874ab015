import { credentials } from '@grpc/grpc-js';
import { assert } from '../shared/errors.ts';
import { AgentServiceClient } from '../shared/gen/clipgrid/v1/session.ts';
import { channelOptions } from './channel.ts';

/**
 * The coordinators that an agent was told of: it begins with any of them, so that agents spread, and turns to the next
 * one whenever a session ends.
 */
export class Coordinators {
  readonly #addresses: readonly string[];
  readonly #clients = new Map<string, AgentServiceClient>();
  #at: number;

  /** `list`: HOST:PORT, or several with commas between. `random` gives numbers from 0 to below 1. */
  constructor(list: string, random: () => number) {
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

  /** A client of the present one; its channel is kept over sessions. */
  get current(): AgentServiceClient {
    const { address } = this;
    const client =
      this.#clients.get(address) ??
      new AgentServiceClient(address, credentials.createInsecure(), channelOptions());
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
