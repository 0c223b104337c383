import type { Answer } from './api';

/** What no client may ever read: traces, SQL, and the names of what the service is made of. */
const LEAKS =
  /node_modules|\bat \S+ \(|\.[jt]s:\d|select .* from|insert into|update .* set|duplicate key|violates|constraint|postgres|typeorm|fastify|nestjs|class-validator|jsonwebtoken|jwt (?:malformed|expired)|passport|unexpected token|JSON at position|argon2|bcrypt|\$2b\$|undefined|\[object/i;

const UUID_OR_SANE = /^[A-Za-z0-9._-]{1,128}$/;

/** Every answer says which request it belongs to and how long it took. */
export function expectTraceable({ headers }: Answer): void {
  expect(headers.get('x-request-id')).toMatch(UUID_OR_SANE);
  expect(headers.get('x-process-time')).toMatch(/^\d+\.\d+$/);
}

/** A refusal as RFC 9457 and the conventions want it, that repeats none of `secrets`. */
export function expectProblem(
  answer: Answer,
  status: number,
  code: string,
  secrets: readonly string[] = [],
): void {
  expect([answer.status, answer.body?.code]).toEqual([status, code]);
  expectTraceable(answer);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json\b/);
  expect(answer.body).toMatchObject({
    type: expect.stringMatching(/\S/),
    title: expect.stringMatching(/\S/),
    status,
    detail: expect.stringMatching(/\S/),
    request_id: answer.headers.get('x-request-id'),
  });
  expect(answer.text).not.toMatch(LEAKS);
  for (const secret of secrets) expect(answer.text).not.toContain(secret);
  if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer\b/);
  if (status === 422) {
    expect(answer.body.errors.length).toBeGreaterThan(0);
    for (const error of answer.body.errors)
      expect(error).toEqual({
        pointer: expect.stringMatching(/^(\/.*)?$/s),
        detail: expect.stringMatching(/\S/),
      });
  }
  if (status === 429 || status === 503)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}

/** A 422 that blames exactly these places. */
export function expectInvalid(
  answer: Answer,
  pointers: readonly string[],
  secrets: readonly string[] = [],
): void {
  expectProblem(answer, 422, answer.body?.code ?? 'validation_failed', secrets);
  expect(['validation_failed', 'weak_password']).toContain(answer.body.code);
  expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
}

/** Any success, as every answer must be. */
export function expectDone(answer: Answer): void {
  expect([answer.text, answer.status >= 200 && answer.status < 300]).toEqual([answer.text, true]);
  expectTraceable(answer);
}

/** Nothing went wrong inside, and nothing of `secrets` was written down. */
export function expectCleanLogs(logs: readonly string[], secrets: readonly string[] = []): void {
  expect(logs.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
  for (const secret of secrets) expect(logs.join('')).not.toContain(secret);
}
