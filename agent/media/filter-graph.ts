/** Filters of ffmpeg that a picture goes through, in order, one an element. */
export type FilterChain = readonly string[];

export function isSameChain(one: FilterChain, other: FilterChain): boolean {
  return one.length === other.length && one.every((filter, i) => filter === other[i]);
}

/** The chains that differ, in the order in which they come first. */
export function distinctChains(chains: readonly FilterChain[]): FilterChain[] {
  return chains.filter((chain, i) => chains.findIndex((other) => isSameChain(chain, other)) === i);
}

/** What all chains begin with. */
function commonStart(chains: readonly FilterChain[]): FilterChain {
  const [first = [], ...others] = chains;
  const differs = first.findIndex((filter, i) => others.some((chain) => chain[i] !== filter));
  return differs < 0 ? first : first.slice(0, differs);
}

/**
 * Options of ffmpeg that give the first video of its first input once for each chain, behind `first`: what the chains begin with
 * alike is done once. `each` are the options of every output; the i-th goes to `outputs[i]`.
 */
export function filteredOutputs(
  first: FilterChain,
  chains: readonly FilterChain[],
  { each, outputs }: { readonly each: readonly string[]; readonly outputs: readonly string[] },
): string[] {
  if (chains.length === 1) {
    const chain = [...first, ...(chains[0] ?? [])].join(',');
    return ['-map', '0:v:0', '-vf', chain, ...each, ...outputs];
  }
  const common = commonStart(chains);
  const parted = `split=${chains.length}${chains.map((_, i) => `[in${i}]`).join('')}`;
  const graph = [
    `[0:v:0]${[...first, ...common, parted].join(',')}`,
    ...chains.map((chain, i) => `[in${i}]${chain.slice(common.length).join(',') || 'null'}[out${i}]`),
  ];
  const mapped = outputs.flatMap((output, i) => ['-map', `[out${i}]`, ...each, output]);
  return ['-filter_complex', graph.join(';'), ...mapped];
}
