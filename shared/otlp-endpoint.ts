import { GridError } from './errors.ts';

/** The variable that all programs with OpenTelemetry know. */
export const OTEL_ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';

/** Where traces go, from the first of these settings that says something. Throws `invalid_argument` for what is no URL. */
export function otlpEndpoint(
  settings: readonly { readonly name: string; readonly text: string | undefined }[],
): string | undefined {
  const said = settings.find(({ text }) => text !== undefined && text !== '');
  if (said?.text === undefined) return undefined;
  const { name, text } = said;
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  const message = `${name} is ${JSON.stringify(text)}: give a URL such as http://otel.lab:4318`;
  throw new GridError('invalid_argument', message);
}
