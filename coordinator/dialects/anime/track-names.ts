const LANGUAGE = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/;
/** Quotes and line ends would end a playlist's attribute. */
const UNQUOTABLE = /["\p{Cc}\u2028\u2029]/gu;
/** As much of a name as is kept, in whole characters: half of one is no text. */
const HEAD = /^.{0,100}/su;

/** What a source's own words say of a track; players choose by them. */
export interface TrackWords {
  readonly title: string;
  readonly language: string;
}

/** BCP 47 or ISO 639, as the source has it; empty: it does not tell, or it is none. */
export function trackLanguage({ language }: TrackWords): string {
  return LANGUAGE.test(language) && language !== 'und' ? language : '';
}

/** A name of each track that fits in a playlist, no two of them equal. `otherwise`: what one is called that has no words. */
export function trackNames(tracks: readonly TrackWords[], otherwise: string): string[] {
  const names = new Set<string>();
  for (const [track, words] of tracks.entries()) {
    const title = HEAD.exec(words.title.toWellFormed().replaceAll(UNQUOTABLE, ' ').trim())?.[0] ?? '';
    const wanted = title || trackLanguage(words) || `${otherwise} ${track + 1}`;
    let name = wanted;
    for (let more = track + 1; names.has(name); more++) name = `${wanted} (${more})`;
    names.add(name);
  }
  return [...names];
}
