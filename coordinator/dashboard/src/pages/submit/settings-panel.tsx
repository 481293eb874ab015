import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useApp } from '../../app/context.ts';
import { AUDIOS, ENCODERS, SCRIPTS } from './presets.ts';
import { ScriptEditor } from './script-editor.tsx';
import type { SubmitModel } from './submit-model.ts';

function Problem({ model, field }: { model: SubmitModel; field: string }): JSX.Element {
  return (
    <p class="problem" role="alert" id={`problem-${field}`}>
      {model.problems.value[field]}
    </p>
  );
}

/** The script, with its presets. */
export function ScriptPanel({ model }: { model: SubmitModel }): JSX.Element {
  return (
    <section class="card panel" aria-labelledby="script-title">
      <h2 id="script-title">Script</h2>
      <label class="field">
        Start from
        <select
          value={model.scriptId.value}
          onChange={(event) => model.chooseScript(event.currentTarget.value)}
        >
          {SCRIPTS.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <p class="quiet">
        VapourSynth. It reads the film named by <code>CLIPGRID_SOURCE</code>; empty, the film goes through as
        it is.
      </p>
      <ScriptEditor
        label="VapourSynth script"
        value={model.script.value}
        changed={(text) => (model.script.value = text)}
      />
      <Problem model={model} field="script" />
    </section>
  );
}

/** The encoder's command and what becomes of the rest. */
export function EncodePanel({ model }: { model: SubmitModel }): JSX.Element {
  return (
    <section class="card panel" aria-labelledby="encode-title">
      <h2 id="encode-title">Encode</h2>
      <Encoders model={model} />
      <label class="field">
        Command
        <textarea
          rows={3}
          spellcheck={false}
          class="command"
          value={model.encode.value}
          onInput={(event) => (model.encode.value = event.currentTarget.value)}
          aria-invalid={model.problems.value['encode'] !== undefined}
          aria-describedby="encode-help problem-encode"
        />
      </label>
      <p class="quiet" id="encode-help">
        It reads raw frames from standard input; where it writes to is added.
      </p>
      <Problem model={model} field="encode" />
      <Choices model={model} />
      {['audio', 'container', 'priority', 'name'].map((field) => (
        <Problem key={field} model={model} field={field} />
      ))}
    </section>
  );
}

/** What becomes of the sound, and of the result. */
function Choices({ model }: { model: SubmitModel }): JSX.Element {
  return (
    <div class="fields">
      <label class="field">
        Sound
        <select
          value={model.audioId.value}
          onChange={(event) => (model.audioId.value = event.currentTarget.value)}
        >
          {AUDIOS.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        Container
        <select
          value={model.container.value}
          onChange={(event) =>
            (model.container.value = event.currentTarget.value === 'mp4' ? 'mp4' : 'matroska')
          }
        >
          <option value="matroska">Matroska (.mkv)</option>
          <option value="mp4">MP4</option>
        </select>
      </label>
      <label class="field">
        Priority, 0 to 100
        <input
          type="number"
          min="0"
          max="100"
          value={model.priority.value}
          onInput={(event) => (model.priority.value = event.currentTarget.value)}
          aria-describedby="problem-priority"
        />
      </label>
      <label class="field">
        Name of the job
        <input
          value={model.name.value}
          placeholder="the film's"
          maxLength={500}
          onInput={(event) => (model.name.value = event.currentTarget.value)}
          aria-describedby="problem-name"
        />
      </label>
    </div>
  );
}

/** Presets, those that an agent has proved; the others say that nobody can do them now. */
function Encoders({ model }: { model: SubmitModel }): JSX.Element {
  const { agents } = useApp();
  useEffect(() => agents.begin(), []);
  const can = new Set(
    agents.rows.value.filter(({ state }) => state === 'online').flatMap(({ capabilities }) => capabilities),
  );
  return (
    <div class="presets" role="group" aria-label="Encoders">
      {ENCODERS.map(({ id, label, command, needs }) => (
        <button
          key={id}
          type="button"
          class="button"
          aria-pressed={model.encode.value === command}
          disabled={!can.has(needs)}
          title={can.has(needs) ? command : 'No agent online has this encoder'}
          onClick={() => (model.encode.value = command)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
