type Part = string | number | boolean | object | null;

const isStream = (part: Part): part is AsyncIterable<object> =>
  typeof part === 'object' && part !== null && Symbol.asyncIterator in part;

/**
 * A JSON object in pieces, a line for each member and for each row of a member that is a stream:
 * however many rows there are, one at a time is in memory.
 */
export async function* jsonDocument(
  members: Readonly<Record<string, Part>>,
): AsyncGenerator<string> {
  let before = '{\n';
  for (const [name, part] of Object.entries(members)) {
    yield `${before}${JSON.stringify(name)}: `;
    before = ',\n';
    if (isStream(part)) yield* jsonArray(part);
    else yield JSON.stringify(part);
  }
  yield '\n}\n';
}

async function* jsonArray(rows: AsyncIterable<object>): AsyncGenerator<string> {
  let before = '[';
  for await (const row of rows) {
    yield `${before}\n  ${JSON.stringify(row)}`;
    before = ',';
  }
  yield before === '[' ? '[]' : '\n]';
}
