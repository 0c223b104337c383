import fastify, { type FastifyError } from 'fastify';
import * as fc from 'fast-check';
import { anyJson, anyText, forAllAsync, mutated, storableText } from '../../../test/support/fuzz';
import { registerBodyParsers } from './body-parsers';
import { MalformedJsonError, MalformedRequestError } from './http.errors';

const server = fastify();
registerBodyParsers(server);
server.setErrorHandler<FastifyError>((error, _, reply) =>
  reply.status(error.statusCode ?? 418).send({ refusal: error.name }),
);
server.post('/json', ({ body }) => ({ body }));
server.post('/form', { config: { acceptsForm: true } }, ({ body }) => ({ body }));
afterAll(() => server.close());

/** What becomes of a body: what was read in it, or the name of what refused it. */
async function read(path: '/json' | '/form', payload: string | Buffer) {
  const type = path === '/json' ? 'application/json' : 'application/x-www-form-urlencoded';
  const headers = { 'content-type': type };
  const answer = await server.inject({ method: 'POST', url: path, payload, headers });
  return answer.json<{ body?: unknown; refusal?: string }>();
}

const NOT_JSON = { refusal: MalformedJsonError.name };
const NAMES_PROTO = { refusal: 'ProtoNamedError' };
const REFUSED = { refusal: MalformedRequestError.name };

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const hasProto = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).some(([name, item]) => name === '__proto__' || hasProto(item));

afterEach(() => expect(({} as Record<string, unknown>).polluted).toBeUndefined());

it('any JSON arrives as it was sent, unless it names __proto__ somewhere', async () => {
  const polluting = anyJson().map((value) => {
    const inner = `{"__proto__":${JSON.stringify(value)},"polluted":1}`;
    return `{"a":[${inner}]}`;
  });
  const text = fc.oneof(
    anyJson(6).map((value) => JSON.stringify(value)),
    anyJson().map((value) => JSON.stringify(value, null, 3)),
    polluting,
    polluting.map((json) => json.replace('__proto__', String.raw`\u005f_proto__`)),
  );
  await forAllAsync([text], async (json) => {
    const value: unknown = JSON.parse(json);
    expect(await read('/json', json)).toEqual(hasProto(value) ? NAMES_PROTO : { body: value });
  });
});

it('what is not JSON is refused as that, and nothing else is', async () => {
  const almost = mutated(anyJson().map((value) => JSON.stringify(value)));
  await forAllAsync([fc.oneof(anyText(), almost)], async (text) => {
    // As bytes have it.
    const sent = text.toWellFormed();
    fc.pre(sent.trim() !== '' && !hasProto(parsed(sent)));
    const value = parsed(sent);
    // As the answer has it, in which a number that is too large is null.
    const echo: unknown = JSON.parse(JSON.stringify({ body: value }));
    expect(await read('/json', sent)).toEqual(value === undefined ? NOT_JSON : echo);
  });
});

it('any bytes are read or refused, and break nothing', async () => {
  await forAllAsync([fc.uint8Array({ maxLength: 60 }), fc.boolean()], async (bytes, isForm) => {
    const answer = await read(isForm ? '/form' : '/json', Buffer.from(bytes));
    expect(answer.refusal ?? '').toMatch(/^(|FastifyError|Malformed\w+Error|ProtoNamedError)$/);
  });
});

it('32 levels are taken and 33 are not, however brackets in strings count', async () => {
  const opening = fc.constantFrom('[', '{"a":', '["]}",', '{"[[{{\\"":"}","b":');
  await forAllAsync([fc.array(opening, { minLength: 25, maxLength: 40 })], async (levels) => {
    const ends = levels.toReversed().map((level) => (level.startsWith('[') ? ']' : '}'));
    const json = [...levels, '1', ...ends].join('');
    expect(await read('/json', json)).toEqual(
      levels.length > 32 ? REFUSED : { body: JSON.parse(json) },
    );
  });
});

it('any form arrives as it was sent, unless it names something twice or __proto__', async () => {
  const fields = fc.array(fc.tuple(storableText(), storableText()), { maxLength: 6 });
  await forAllAsync([fields], async (pairs) => {
    const names = pairs.map(([name]) => name);
    const isTwice = new Set(names).size < names.length;
    const { body, refusal = '' } = await read('/form', new URLSearchParams(pairs).toString());
    const isRefused = isTwice || names.includes('__proto__');
    expect(refusal).toMatch(isRefused ? /^(MalformedRequest|ProtoNamed)Error$/ : /^$/);
    expect(body ?? Object.fromEntries(pairs)).toEqual(Object.fromEntries(pairs));
  });
});

it('a field given twice is never silently one of the two', async () => {
  await forAllAsync([storableText(), storableText(), storableText()], async (name, one, other) => {
    fc.pre(name !== '__proto__');
    const form = new URLSearchParams([
      [name, one],
      [name, other],
    ]);
    expect(await read('/form', form.toString())).toEqual(REFUSED);
  });
});
