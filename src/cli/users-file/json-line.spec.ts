import { parseLine } from './json-line';

const line = (text: string | Buffer, number = 2) => parseLine({ number, bytes: Buffer.from(text) });
const codeOf = (text: string | Buffer) => {
  const parsed = line(text);
  return parsed.kind === 'refused' ? [parsed.reason.code, parsed.reason.field] : parsed.kind;
};

it.each([
  ['{"a":1}', { a: 1 }],
  ['  {"a" : [ {"b": null} ] }\r', { a: [{ b: null }] }],
  ['{"a":{"x":1},"b":{"x":1}}', { a: { x: 1 }, b: { x: 1 } }],
  ['{"a":"a","b":["a","a","b"]}', { a: 'a', b: ['a', 'a', 'b'] }],
  ['{"a":"{\\"a\\":1}"}', { a: '{"a":1}' }],
  ['{"a\\"":1,"a\\\\":2}', { 'a"': 1, 'a\\': 2 }],
])('reads %s', (text, fields) => {
  expect(line(text)).toEqual({ kind: 'object', fields });
});

it.each(['', '   ', '\r', '\t\r'])('skips a blank line: %j', (text) => {
  expect(codeOf(text)).toBe('blank');
});

it('takes a byte order mark at the start of the file, and nowhere else', () => {
  expect(line('\uFEFF{"a":1}', 1)).toEqual({ kind: 'object', fields: { a: 1 } });
  expect(codeOf('\uFEFF{"a":1}')).toEqual(['malformed', null]);
});

it.each([
  ['not JSON', '{"a":1', 'malformed'],
  ['JSON with a comma too many', '{"a":1,}', 'malformed'],
  ['two objects', '{"a":1}{"b":2}', 'malformed'],
  ['a list', '[{"a":1}]', 'malformed'],
  ['a string', '"a"', 'malformed'],
  ['null', 'null', 'malformed'],
  ['bytes of another encoding', Buffer.from('{"a":"é"}', 'latin1'), 'not_utf8'],
  ['UTF-16', Buffer.from('{"a":1}', 'utf16le'), 'malformed'],
  ['an overlong encoding', Buffer.from([0x7b, 0xc0, 0x80, 0x7d]), 'not_utf8'],
  ['an object too deep', '{"a":[{"b":{}}]}', 'malformed'],
  ['ten thousand brackets', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'malformed'],
  ['a NUL', '{"a":"\\u0000"}', 'invalid'],
  ['an unpaired surrogate', '{"a":"\\ud800"}', 'invalid'],
  ['an unpaired surrogate as a name', '{"\\udc00":1}', 'invalid'],
])('refuses %s', (_, text, code) => {
  expect(codeOf(text)).toEqual([code, null]);
});

it('refuses a line that was too long to be held', () => {
  expect(parseLine({ number: 1, bytes: null })).toMatchObject({ reason: { code: 'too_long' } });
});

it.each([
  ['{"role":"user","role":"admin"}', 'role'],
  ['{"role":"user","r\\u006fle":"admin"}', 'role'],
  ['{"a":{},"a" :[]}', 'a'],
  ['{"identities":[{"subject":"1","subject":"2"}]}', 'subject'],
  ['{"$2b$10$abc":1,"$2b$10$abc":1}', 'a field'],
])('refuses a name given twice: %s', (text, field) => {
  expect(codeOf(text)).toEqual(['duplicate_field', field]);
});

it('takes no time over what would be slow to search', () => {
  const text = `{"a":"${'\\\\'.repeat(30_000)}"}`;
  expect(codeOf(text)).toBe('object');
});
