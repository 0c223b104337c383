import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';
import { titled } from '../support/titled';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

describe('a request id', () => {
  const ask = (id: string) => test.api.get('auth/me', { headers: { 'x-request-id': id } });

  it.each(titled(['a', '7', 'req_1.2-3', 'b5b1c4a0-0000-4000-8000-000000000000', 'x'.repeat(128)]))(
    'that is sane is kept: %s',
    async (_, id) => {
      const answer = await ask(id);
      expect([answer.headers.get('x-request-id'), answer.body.request_id]).toEqual([id, id]);
    },
  );

  it.each(
    titled([
      '',
      'a b',
      'a\tb',
      'x'.repeat(129),
      'x'.repeat(10_000),
      'a%0d%0aset-cookie:x',
      '<script>',
      'ä',
      '"',
      'a;b',
      '${jndi:ldap://x}',
      '../x',
      'a, b',
    ]),
  )('that is not is replaced: %s', async (_, id) => {
    const answer = await ask(id);
    expectProblem(answer, 401, 'unauthenticated');
    expect(answer.body.request_id).not.toBe(id);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('is another one for each request', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => ask('')));
    expect(new Set(ids.map(({ headers }) => headers.get('x-request-id'))).size).toBe(8);
  });
});
