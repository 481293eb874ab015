import type { JSX } from 'preact';
import type { AgentResponse } from '../../../../http/responses.ts';
import { Fact } from '../../ui/fact.tsx';
import { bytes, dateTime, memory } from '../../ui/format.ts';

/** `encoder:libx264`, ... by what stands before the colon. */
function byKind(capabilities: readonly string[]): [kind: string, names: string[]][] {
  const kinds = new Map<string, string[]>();
  for (const capability of capabilities) {
    const colon = capability.indexOf(':');
    const kind = colon < 0 ? 'other' : capability.slice(0, colon);
    kinds.set(kind, [...(kinds.get(kind) ?? []), capability.slice(colon + 1)]);
  }
  return [...kinds];
}

/** What a machine is, what it proved, and what it lacks. */
export function AgentFacts({ agent }: { agent: AgentResponse }): JSX.Element {
  const free = agent.load ? `, ${memory(agent.load.memory_free_bytes)} free` : '';
  return (
    <div class="agent-facts">
      {agent.lacks.length > 0 && (
        <section class="card part" aria-labelledby="agent-lacks">
          <h2 id="agent-lacks">What it lacks</h2>
          <ul class="lacks">
            {agent.lacks.map((lack) => (
              <li key={lack}>{lack}</li>
            ))}
          </ul>
        </section>
      )}
      <section class="card part" aria-labelledby="agent-hardware">
        <h2 id="agent-hardware">Hardware</h2>
        <dl class="pairs">
          <Fact name="Processor">
            {agent.cpu_model || 'unknown'}, {agent.cpu_cores} cores
          </Fact>
          <Fact name="Memory">
            {memory(agent.memory_bytes)}
            {free}
          </Fact>
          <Fact name="GPUs">
            {agent.gpus.length === 0
              ? 'none'
              : agent.gpus.map(({ model, memory_bytes: size }) => <div>{`${model}, ${memory(size)}`}</div>)}
          </Fact>
          <Fact name="Disks">
            {agent.disks.map((disk) => (
              <div key={disk.path}>
                {disk.path}: {bytes(disk.free_bytes)} of {bytes(disk.size_bytes)} free
              </div>
            ))}
          </Fact>
          <Fact name="System">{agent.os || 'unknown'}</Fact>
          <Fact name="Connected">{dateTime(agent.connected_at)}</Fact>
          <Fact name="Id">
            <code>{agent.agent_id}</code>
          </Fact>
        </dl>
      </section>
      <section class="card part" aria-labelledby="agent-tools">
        <h2 id="agent-tools">Tools</h2>
        <dl class="pairs">
          {agent.tools.map((tool) => (
            <Fact key={tool.name} name={tool.name}>
              {tool.version}
            </Fact>
          ))}
        </dl>
      </section>
      <section class="card part" aria-labelledby="agent-can">
        <h2 id="agent-can">What it proved</h2>
        <dl class="pairs">
          {byKind(agent.capabilities).map(([kind, names]) => (
            <Fact key={kind} name={kind}>
              {names.map((name) => (
                <code key={name} class="tag">
                  {name}
                </code>
              ))}
            </Fact>
          ))}
        </dl>
      </section>
    </div>
  );
}
