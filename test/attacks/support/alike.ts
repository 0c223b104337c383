import type { Answer } from './client';

/** What differs from one answer to the next whatever was asked. */
const CHANCE = new Set(['content-length', 'date', 'x-process-time', 'x-request-id']);
/** Of these it is the name that must not differ: they count down. */
const COUNTED = new Set(['ratelimit', 'retry-after']);

/** All of an answer that somebody could learn from: every byte and header but what is chance. */
function tellingOf({ status, headers, text, body }: Answer) {
  const requestId = headers.get('x-request-id') ?? '';
  const told = [...headers]
    .filter(([name]) => !CHANCE.has(name))
    .map(([name, value]) => (COUNTED.has(name) ? name : `${name}: ${value}`));
  const said = requestId === '' ? text : text.replaceAll(requestId, '<request id>');
  return { status, code: body?.code, headers: told.toSorted(), said };
}

/** Nobody can tell which of the answers, by what they were about, is which. */
export function expectAlike(answers: Readonly<Record<string, Answer>>): void {
  const [[first, model], ...others] = Object.entries(answers) as [
    [string, Answer],
    ...[string, Answer][],
  ];
  expect(others.length).toBeGreaterThan(0);
  const wanted = tellingOf(model);
  for (const [about, answer] of others)
    expect({ about: `${about} against ${first}`, ...tellingOf(answer) }).toEqual({
      about: `${about} against ${first}`,
      ...wanted,
    });
}
