import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { rowByKey, windowOf } from './virtual-window.ts';

export interface Column<T> {
  readonly key: string;
  readonly head: ComponentChildren;
  readonly cell: (row: T) => ComponentChildren;
  /** Numbers stand at the right. */
  readonly numeric?: boolean;
  /** Left out on a phone. */
  readonly wide?: boolean;
}

interface VirtualTableProps<T> {
  readonly label: string;
  /** Names the columns' widths: a class of table.css. */
  readonly layout: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  /** How many there are with those that are not loaded. */
  readonly total?: number;
  /** Pixels. */
  readonly rowHeight?: number;
  /** Enter, or a click beside links and buttons. */
  readonly open?: (row: T) => void;
  /** The end of the rows comes into sight. */
  readonly more?: () => void;
  readonly selected?: ReadonlySet<string>;
  readonly toggle?: (row: T) => void;
}

const MORE_ROWS = 50;

/**
 * Rows of which only those in sight exist, so that ten thousand scroll like ten. Arrow keys, Page Up and Down, Home and End move,
 * Enter opens, Space selects.
 */
export function VirtualTable<T>(props: VirtualTableProps<T>): JSX.Element {
  const { label, layout, columns, rows, keyOf, total = rows.length, rowHeight = 44 } = props;
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const active = useSignal(0);
  const height = useHeight(box);
  const { first, end } = windowOf({ top: top.value, height, rowHeight, rows: rows.length });
  const nearEnd = end + MORE_ROWS >= rows.length && rows.length < total;
  useEffect(() => {
    if (nearEnd) props.more?.();
  }, [nearEnd, rows.length]);
  const at = Math.min(active.value, Math.max(0, rows.length - 1));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== box.current || !(event.target instanceof HTMLElement)) return;
    const page = Math.floor(height / rowHeight);
    const to = rowByKey(event.key, { at, page, rows: rows.length });
    const row = rows[at];
    if (to !== undefined) {
      active.value = to;
      showRow(event.target, to * rowHeight, rowHeight);
    } else if (event.key === 'Enter' && row) props.open?.(row);
    else if (event.key === ' ' && row && props.toggle) props.toggle(row);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={box}
      class={`table ${layout}`}
      role="grid"
      aria-label={label}
      aria-rowcount={total + 1}
      aria-multiselectable={props.toggle ? true : undefined}
      aria-activedescendant={at >= first && at < end ? rowId(layout, at) : undefined}
      tabIndex={0}
      onScroll={(event) => (top.value = event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <Head columns={columns} />
      <div class="tbody" role="rowgroup" style={{ height: `${rows.length * rowHeight}px` }}>
        {rows.slice(first, end).map((row, i) => (
          <Row
            key={keyOf(row)}
            {...props}
            row={row}
            index={first + i}
            rowHeight={rowHeight}
            active={first + i === at}
            activate={() => (active.value = first + i)}
          />
        ))}
      </div>
    </div>
  );
}

/** Of the place where rows are seen, in pixels; follows its size. */
function useHeight(box: RefObject<HTMLElement | null>): number {
  const height = useSignal(600);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => (height.value = element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return height.value;
}

/** Scrolls just as far as a row needs, which begins `y` pixels below the first one. The head covers one row. */
function showRow(box: HTMLElement, y: number, rowHeight: number): void {
  if (y < box.scrollTop) box.scrollTop = y;
  const bottom = y + 2 * rowHeight - box.clientHeight;
  if (bottom > box.scrollTop) box.scrollTop = bottom;
}

function Head<T>({ columns }: { columns: readonly Column<T>[] }): JSX.Element {
  return (
    <div role="rowgroup" class="thead">
      <div role="row" class="row-head" aria-rowindex={1}>
        {columns.map((column) => (
          <div key={column.key} role="columnheader" class={classOf(column)}>
            {column.head}
          </div>
        ))}
      </div>
    </div>
  );
}

function classOf({ numeric, wide }: { numeric?: boolean; wide?: boolean }): string {
  return [numeric ? 'numeric' : '', wide ? 'wide' : ''].filter((word) => word !== '').join(' ');
}

function rowId(layout: string, index: number): string {
  return `${layout.split(' ')[0]}-row-${index}`;
}

interface RowProps<T> extends VirtualTableProps<T> {
  readonly row: T;
  readonly index: number;
  readonly rowHeight: number;
  readonly active: boolean;
  readonly activate: () => void;
}

function Row<T>({ row, index, rowHeight, active, activate, ...table }: RowProps<T>): JSX.Element {
  const { columns, layout, open, selected, keyOf } = table;
  const click = (event: MouseEvent): void => {
    activate();
    const inside = event.target instanceof Element ? event.target.closest('a, button, input, label') : null;
    if (!inside) open?.(row);
  };
  return (
    <div
      id={rowId(layout, index)}
      class="row"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected ? selected.has(keyOf(row)) : undefined}
      data-active={active}
      style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
      onClick={click}
    >
      {columns.map((column) => (
        <div key={column.key} role="gridcell" class={classOf(column)} data-column={column.key}>
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
}
