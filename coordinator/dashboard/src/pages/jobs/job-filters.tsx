import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { JobResponse } from '../../../../http/responses.ts';
import { useApp } from '../../app/context.ts';
import { timers, type Timer } from '../../app/timers.ts';
import type { JobFilter } from '../../data/jobs-list.ts';
import { count } from '../../ui/format.ts';
import { Icon } from '../../ui/icon.tsx';

const STATES: readonly JobResponse['state'][] = [
  'queued',
  'indexing',
  'encoding',
  'merging',
  'succeeded',
  'failed',
  'cancelled',
];
const DIALECTS = ['grid', 'finalrip', 'anime', 'openencoder'];
const TYPING_MS = 250;

/** The filter that the address has, so that it can be kept and passed on. */
export function filterOf(query: URLSearchParams): JobFilter {
  const states = (query.get('state') ?? '').split(',');
  return {
    states: STATES.filter((state) => states.includes(state)),
    dialect: query.get('dialect') ?? '',
    name: query.get('name') ?? '',
  };
}

/** States, dialect and name. `/` goes to the name. */
export function JobFilters({ filter }: { filter: JobFilter }): JSX.Element {
  const { router } = useApp();
  return (
    <div class="filters" role="search" aria-label="Jobs">
      <NameFilter name={filter.name} />
      <label>
        <span class="unseen">Dialect</span>
        <select
          value={filter.dialect}
          onChange={(event) => router.setQuery({ dialect: event.currentTarget.value })}
        >
          <option value="">All dialects</option>
          {DIALECTS.map((dialect) => (
            <option key={dialect} value={dialect}>
              {dialect}
            </option>
          ))}
        </select>
      </label>
      <StateFilter states={filter.states} />
    </div>
  );
}

function NameFilter({ name }: { name: string }): JSX.Element {
  const { router } = useApp();
  const input = useRef<HTMLInputElement>(null);
  const typing = useRef<Timer>(null);
  useEffect(() => {
    const toName = (event: KeyboardEvent): void => {
      const { target } = event;
      const writes =
        target instanceof Element && target.closest('input, textarea, select, [contenteditable]');
      if (event.key !== '/' || writes) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', toName);
    return () => document.removeEventListener('keydown', toName);
  }, []);
  const type = (text: string): void => {
    typing.current?.cancel();
    typing.current = timers.after(TYPING_MS, () => router.setQuery({ name: text.trim() }));
  };
  return (
    <label class="search">
      <Icon name="search" />
      <span class="unseen">Name contains</span>
      <input
        ref={input}
        type="search"
        placeholder="Name  /"
        defaultValue={name}
        maxLength={500}
        onInput={(event) => type(event.currentTarget.value)}
      />
    </label>
  );
}

function StateFilter({ states }: { states: readonly string[] }): JSX.Element {
  const { grid, router, session } = useApp();
  // The figures are of everybody's jobs.
  const totals = session.may('admin') ? grid.value?.jobs : undefined;
  const toggle = (state: string): void => {
    const next = states.includes(state) ? states.filter((one) => one !== state) : [...states, state];
    router.setQuery({ state: next.join(',') });
  };
  return (
    <div class="chips" role="group" aria-label="States">
      {STATES.map((state) => (
        <button
          key={state}
          type="button"
          class="chip"
          aria-pressed={states.includes(state)}
          onClick={() => toggle(state)}
        >
          {state}
          {totals && <small> {count(totals[state] ?? 0)}</small>}
        </button>
      ))}
    </div>
  );
}
