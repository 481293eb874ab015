/** A copy that shares nothing that can change: what a wire or a database makes of plain data. Bytes stay the same. */
export function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (typeof value[0] === 'object' ? value.map(copy) : value.slice()) as T;
  if (ArrayBuffer.isView(value)) return value;
  const made: Record<string, unknown> = {};
  for (const name of Object.keys(value)) made[name] = copy((value as Record<string, unknown>)[name]);
  return made as T;
}
