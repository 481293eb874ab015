/**
 * What processes other than `own` use of the busiest card, from what `nvidia-smi pmon -c 1` prints: columns are named by its
 * first line, `-` means none. A share of 1; undefined when nothing could be read.
 */
export function othersOnGpu(text: string, own: ReadonlySet<number>): number | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const head =
    lines
      .find((line) => line.startsWith('#'))
      ?.replace('#', '')
      .trim()
      .split(/\s+/) ?? [];
  const [gpuAt, pidAt] = ['gpu', 'pid'].map((name) => head.indexOf(name));
  const busyAt = ['sm', 'enc', 'dec'].map((name) => head.indexOf(name)).filter((at) => at >= 0);
  if (gpuAt === undefined || pidAt === undefined || gpuAt < 0 || pidAt < 0 || busyAt.length === 0)
    return undefined;
  const cards = new Map<string, number>();
  for (const line of lines.filter((one) => !one.startsWith('#'))) {
    const fields = line.trim().split(/\s+/);
    const gpu = fields[gpuAt] ?? '';
    const busy = Math.max(...busyAt.map((at) => Number(fields[at]) || 0));
    const counted = own.has(Number(fields[pidAt])) ? 0 : busy;
    cards.set(gpu, (cards.get(gpu) ?? 0) + counted);
  }
  return Math.min(1, Math.max(0, ...cards.values()) / 100);
}
