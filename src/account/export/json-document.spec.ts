import { jsonDocument } from './json-document';

async function* rows(...values: object[]): AsyncGenerator<object> {
  yield* values;
}

async function textOf(document: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of document) text += piece;
  return text;
}

it('is the document, whatever it holds', async () => {
  const text = await textOf(
    jsonDocument({
      format: 1,
      nothing: null,
      person: { name: '"Ada"\n\\', bio: '\u2028' },
      none: rows(),
      one: rows({ n: 1 }),
      three: rows({ n: 1 }, { n: 2 }, { n: 3 }),
    }),
  );
  expect(JSON.parse(text)).toEqual({
    format: 1,
    nothing: null,
    person: { name: '"Ada"\n\\', bio: '\u2028' },
    none: [],
    one: [{ n: 1 }],
    three: [{ n: 1 }, { n: 2 }, { n: 3 }],
  });
});

it('asks for a row when the one before was taken', async () => {
  let asked = 0;
  async function* counted() {
    for (;;) yield { n: asked++ };
  }
  const document = jsonDocument({ rows: counted() });
  for (let piece = 0; piece < 4; piece++) await document.next();
  expect(asked).toBe(3);
  await document.return(undefined);
});
