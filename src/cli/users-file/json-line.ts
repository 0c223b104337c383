import { isStorable } from '../../common/http/validation.pipe';
import type { Line } from './lines';
import { MOST_BYTES } from './lines';
import { type Reason, reason } from './refusal';

export type Fields = Readonly<Record<string, unknown>>;

type Parsed =
  | { readonly kind: 'blank' }
  | { readonly kind: 'refused'; readonly reason: Reason }
  | { readonly kind: 'object'; readonly fields: Fields };

/** An object in a list in an object is as deep as a user goes. */
const DEEPEST = 3;
const BYTE_ORDER_MARK = '\uFEFF';
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The JSON object of one line; a name given twice in it would leave open which one counts. */
export function parseLine({ number, bytes }: Line): Parsed {
  if (bytes === null)
    return refused(
      'too_long',
      `is longer than ${MOST_BYTES / 1024} KiB; a line is one JSON object`,
    );
  const text = decode(bytes, number === 1);
  if (text === null) return refused('not_utf8', 'is not UTF-8');
  if (text.trim() === '') return { kind: 'blank' };
  const fields = parse(text);
  if (fields === undefined) return refused('malformed', 'is not JSON');
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    return refused('malformed', 'is not a JSON object');
  const fault = faultOfNesting(text);
  if (fault) return { kind: 'refused', reason: fault };
  return { kind: 'object', fields: fields as Fields };
}

const refused = (code: Reason['code'], detail: string): Parsed => ({
  kind: 'refused',
  reason: reason(code, null, detail),
});

function decode(bytes: Buffer, isFirst: boolean): string | null {
  try {
    const text = UTF8.decode(bytes);
    return isFirst && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  } catch {
    return null;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const STRING_OR_BRACKET = /"[^"\\]*(?:\\.[^"\\]*)*"(?<colon>\s*:)?|[{}[\]]/g;

/** Walks JSON that has been parsed, since parsing it has forgotten what came twice. */
function faultOfNesting(json: string): Reason | null {
  const names: Set<string>[] = [];
  for (const { 0: token, groups } of json.matchAll(STRING_OR_BRACKET)) {
    if (token === '{' || token === '[') names.push(new Set());
    else if (token === '}' || token === ']') names.pop();
    else {
      const isName = groups?.colon !== undefined;
      const text = JSON.parse(isName ? token.slice(0, -groups.colon!.length) : token) as string;
      if (!isStorable(text)) return reason('invalid', null, 'holds NUL or an unpaired surrogate');
      if (isName && names.at(-1)?.has(text))
        return reason('duplicate_field', shown(text), 'is given twice');
      if (isName) names.at(-1)?.add(text);
    }
    if (names.length > DEEPEST) return reason('malformed', null, 'is nested too deeply');
  }
  return null;
}

/** A name that is no name may be anything, a hash too. */
export const shown = (name: string): string => (/^\w{1,64}$/.test(name) ? name : 'a field');
