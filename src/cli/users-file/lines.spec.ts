import { MOST_BYTES, readLines } from './lines';

async function linesOf(...chunks: (string | Buffer)[]) {
  const source = (async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk);
  })();
  const lines: [number, string | null][] = [];
  for await (const { number, bytes } of readLines(source))
    lines.push([number, bytes?.toString() ?? null]);
  return lines;
}

it.each([
  ['an empty file', [''], []],
  ['no chunk at all', [], []],
  ['one line without an end', ['a'], [[1, 'a']]],
  ['one line with an end', ['a\n'], [[1, 'a']]],
  [
    'empty lines, which count',
    ['\n\na\n'],
    [
      [1, ''],
      [2, ''],
      [3, 'a'],
    ],
  ],
  [
    'a line in several chunks',
    ['a', 'b', 'c\nd'],
    [
      [1, 'abc'],
      [2, 'd'],
    ],
  ],
  [
    'several lines in a chunk',
    ['a\nb\nc'],
    [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ],
  ],
  [
    'an end at the start of a chunk',
    ['a', '\nb'],
    [
      [1, 'a'],
      [2, 'b'],
    ],
  ],
])('reads %s', async (_, chunks, lines) => {
  expect(await linesOf(...chunks)).toEqual(lines);
});

it('does not split a character that lies across chunks', async () => {
  const bytes = Buffer.from('é\n');
  expect(await linesOf(bytes.subarray(0, 1), bytes.subarray(1))).toEqual([[1, 'é']]);
});

it.each([
  ['in one chunk', [`${'x'.repeat(MOST_BYTES)}\n${'x'.repeat(MOST_BYTES + 1)}\nlast`]],
  [
    'in many',
    [
      ...Array(65).fill('x'.repeat(1008)),
      'x'.repeat(16),
      '\n',
      ...Array(200).fill('y'.repeat(1000)),
      '\nlast',
    ],
  ],
])('gives up a line that is too long, %s, and goes on behind it', async (_, chunks) => {
  const lines = await linesOf(...chunks);
  expect(lines.map(([number, text]) => [number, text?.length ?? null])).toEqual([
    [1, MOST_BYTES],
    [2, null],
    [3, 4],
  ]);
});

it('holds nothing of a line that never ends', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let sent = 0;
  const endless = (async function* () {
    for (; sent < 512; sent++) yield chunk;
  })();
  const before = process.memoryUsage().arrayBuffers;
  for await (const { bytes } of readLines(endless)) expect(bytes).toBeNull();
  expect(sent).toBe(512);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
});
