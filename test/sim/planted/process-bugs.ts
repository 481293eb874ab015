import { LeaseHolder, type TrustTimes } from '../../../agent/lease-holder.ts';
import type { AgentGateway, SessionSink } from '../../../coordinator/grid/agent-gateway.ts';
import type { Fence } from '../../../coordinator/domain/task.ts';
import type { Clock, Timer } from '../../../shared/clock.ts';
import type { SessionRequest, SessionResponse } from '../../../shared/gen/clipgrid/v1/session.ts';
import type { SeenStream } from '../agent.ts';
import type { SimStream } from '../network.ts';
import type { SimProcess } from '../world.ts';
import type { Bug } from './planting.ts';

class HopefulHolder extends LeaseHolder {
  readonly #process: SimProcess;

  constructor(process: SimProcess) {
    super(process);
    this.#process = process;
  }

  override renewed(fence: Fence, _sentMs: number, times: TrustTimes): void {
    super.renewed(fence, this.#process.monotonicMs(), times);
  }
}

/** Takes an order to drain for the end of all duties. */
function silentWhenDrained(stream: SimStream): SeenStream {
  let draining = false;
  return {
    get writable() {
      return stream.writable;
    },
    on(event, handler) {
      if (event !== 'data') return stream.on(event, handler);
      return stream.on(event, (response?: never) => {
        const { message } = response as unknown as SessionResponse;
        if (message?.$case === 'drain') draining = !message.value.undo;
        handler(response);
      });
    },
    write(request: SessionRequest) {
      if (!draining || request.message?.$case !== 'heartbeat') stream.write(request);
    },
    end: () => stream.end(),
    cancel: () => stream.cancel(),
  };
}

const AGAIN_MS = 200;

/** Repeats the answer to a heartbeat until the next one comes, whether anybody reads it or not. */
function insistent(real: AgentGateway, clock: Clock): AgentGateway {
  return {
    open(hello, sink) {
      let timer: Timer | undefined;
      const send: SessionSink['send'] = (message) => {
        const open = sink.send(message);
        if (!open || message.$case !== 'heartbeatAck') return open;
        timer?.cancel();
        timer = clock.after(AGAIN_MS, () => send(message));
        return open;
      };
      return real.open(hello, { send, end: (reason, reconnect) => sink.end(reason, reconnect) });
    },
  };
}

const NEVER_MS = 1e9;

/** In the processes. */
export const PROCESS_BUGS: readonly Bug[] = [
  {
    name: 'an agent trusts a lease from the answer on, not from its question',
    breaks: ['L5'],
    parts: { holder: (process) => new HopefulHolder(process) },
  },
  {
    name: 'nobody watches whether frames come',
    breaks: ['L14'],
    parts: {
      pace: {
        firstFrameMs: NEVER_MS,
        primeMs: NEVER_MS,
        primeFrames: 256,
        floorMs: NEVER_MS,
        capMs: NEVER_MS,
      },
    },
  },
  {
    name: 'a draining agent sends no heartbeats',
    breaks: ['L13'],
    parts: { stream: silentWhenDrained },
  },
  {
    name: 'a coordinator goes on talking to an agent that reads nothing',
    breaks: ['L9'],
    gateway: insistent,
  },
  {
    name: 'coordinators look for work only when they are woken',
    breaks: ['L7', 'L15'],
    settings: { pollMs: NEVER_MS },
  },
];
