/** A plain number. */
const NUMBER = String.raw`-?\d{1,6}(?:\.\d{1,6})?`;
const EVERY = (part: string): RegExp => new RegExp(`^(?:${part})(?::(?:${part}))*$`);

/**
 * Filters that make each frame from that frame alone, whatever came before it, with the arguments of which that is known. No
 * expression: it may ask for the number of the frame or its time.
 */
const PICTURE: Readonly<Record<string, RegExp>> = {
  scale: EVERY(
    String.raw`(?:(?:w|width|h|height)=)?-?\d{1,5}|flags=[a-z_]{1,20}(?:\+[a-z_]{1,20})*|force_original_aspect_ratio=(?:disable|decrease|increase)|force_divisible_by=\d{1,3}`,
  ),
  eq: EVERY(`(?:contrast|brightness|saturation|gamma)=${NUMBER}`),
  crop: /^\d{1,5}(?::\d{1,5}){1,3}$/,
  pad: /^\d{1,5}(?::\d{1,5}){1,3}$/,
  hflip: /^$/,
  vflip: /^$/,
  deband: /^$/,
  removegrain: /^\d{1,2}$/,
  vaguedenoiser: EVERY(
    String.raw`threshold=\d{1,4}(?:\.\d{1,4})?|method=(?:hard|soft|garrote)|nsteps=\d{1,2}|percent=\d{1,3}`,
  ),
  unsharp: EVERY(NUMBER),
  gblur: EVERY(`(?:sigma=)?${NUMBER}|steps=\\d`),
  format: /^(?:pix_fmts=)?yuv4(?:20|22|44)p(?:10le)?$/,
  setsar: /^(?:sar=)?\d{1,5}(?:[:/]\d{1,5})?$/,
  null: /^$/,
};

/** Sound is never cut: these only leave its length as it is. */
const SOUND: Readonly<Record<string, RegExp>> = {
  volume: new RegExp(`^(?:volume=)?${NUMBER}(?:dB)?$`),
  acontrast: new RegExp(`^(?:contrast=)?${NUMBER}$`),
  highpass: new RegExp(`^(?:f=|frequency=)?${NUMBER}$`),
  lowpass: new RegExp(`^(?:f=|frequency=)?${NUMBER}$`),
  anull: /^$/,
};

function isChainOf(known: Readonly<Record<string, RegExp>>, chain: string): boolean {
  return chain.split(',').every((filter) => {
    const [, name = '', values = ''] = /^([a-z0-9_]+)(?:=(.*))?$/.exec(filter.trim()) ?? [];
    return Object.hasOwn(known, name) && known[name]?.test(values) === true;
  });
}

/** Whether a chain of `-vf` makes of each frame, in a clip, what it makes of it in the whole film. */
export function isOfSingleFrames(chain: string): boolean {
  return isChainOf(PICTURE, chain);
}

/** Whether a chain of `-af` leaves the sound as long as it is. */
export function keepsLength(chain: string): boolean {
  return isChainOf(SOUND, chain);
}
