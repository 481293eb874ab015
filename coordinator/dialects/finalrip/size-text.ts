const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Rounds a non-negative number to `decimals`, exact halves to the even digit. Exact for values below 2^40. */
function roundHalfEven(value: number, decimals: number): number {
  const scaled = value * 10 ** decimals;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 === 1);
  return (up ? floor + 1 : floor) / 10 ** decimals;
}

/** Contract 2.8: the integer part plus the last remainder over 1024; below 10 one decimal, else none. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let whole = bytes;
  let remainder = 0;
  let unit = 0;
  while (whole >= 1024 && unit < UNITS.length - 1) {
    remainder = whole % 1024;
    whole = Math.floor(whole / 1024);
    unit++;
  }
  const value = whole + remainder / 1024;
  const decimals = value < 10 ? 1 : 0;
  return `${roundHalfEven(value, decimals).toFixed(decimals)} ${UNITS[unit]}`;
}
