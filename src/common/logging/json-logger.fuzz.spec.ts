import * as fc from 'fast-check';
import { anyJson, anyText, forAll } from '../../../test/support/fuzz';
import { JsonLogger } from './json-logger';

const SECRETS = [
  'password',
  'new_password',
  'current_password',
  'token',
  'access_token',
  'refresh_token',
  'authorization',
  'cookie',
  'set-cookie',
  'csrf_token',
  'x-csrf-token',
  'client_secret',
  'email',
];
const HUSH = 'Xq7-do-not-write-me';

function linesOf(write: (logger: JsonLogger) => void): string[] {
  const lines: string[] = [];
  write(new JsonLogger('trace', { write: (line) => void lines.push(line) }));
  return lines;
}

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  withTypedArray: true,
});
const level = fc.constantFrom<'log' | 'warn' | 'error' | 'fatal' | 'debug' | 'verbose'>(
  'log',
  'warn',
  'error',
  'fatal',
  'debug',
  'verbose',
);

it('anything at all is one line of JSON, and logging it never throws', () => {
  const odd = fc.constantFrom<unknown>(
    Symbol('s'),
    () => 1,
    new Error('\ud800\0'),
    Object.assign(new Error('e'), { message: undefined, stack: 7 }),
    cyclic(),
    { toJSON: () => 1n },
    {
      toJSON: () => {
        throw new Error('no');
      },
    },
  );
  const message = fc.oneof(anything, odd, anyText(), anyJson());
  forAll(
    [level, message, fc.array(fc.oneof(anything, odd), { maxLength: 3 })],
    (at, said, rest) => {
      const lines = linesOf((logger) => logger[at](said, ...rest));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^\{[^\n]*\}\n$/);
      expect(JSON.parse(lines[0]!)).toEqual(expect.objectContaining({ level: expect.any(String) }));
    },
  );
});

function cyclic(): object {
  const circle: Record<string, unknown> = { password: HUSH };
  circle.self = circle;
  return circle;
}

it('what has a secret name is never written, whatever it is and lies beside, three levels deep', () => {
  const secret = fc.oneof(
    fc.constant<unknown>(HUSH),
    anyText().map((text) => text + HUSH),
    anyJson().map((value) => ({ value, HUSH, list: [HUSH] })),
  );
  const beside = fc.dictionary(anyText(8), anyJson(1), { maxKeys: 4, noNullPrototype: true });
  // A name that JavaScript takes for something else is lost with all that it names.
  const key = anyText(8).filter((text) => text !== '__proto__');
  const depth = fc.array(key, { maxLength: 2 });
  forAll([fc.constantFrom(...SECRETS), secret, beside, depth], (name, value, others, path) => {
    const inner: object = { ...others, [name]: value };
    const message = path.reduce((object, step) => ({ ...others, [step]: object }), inner);
    const text = linesOf((logger) => logger.log(message)).join('');
    expect(text).not.toContain(HUSH);
    expect(text).toContain('[redacted]');
  });
});
