import { signedIn } from '../../support/people';
import { expectProblem } from '../../support/problems';
import { startTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

describe('without any variable of a provider', () => {
  it('the service starts, and lists no provider', async () => {
    const { status, body } = await test.api.get('auth/oauth/providers');
    expect([status, body]).toEqual([200, { providers: [] }]);
  });

  it.each([
    '/auth/oauth/google',
    '/auth/oauth/discord',
    '/auth/oauth/callback/google',
    '/api/v1/auth/oauth/google',
    '/api/auth/google',
    '/api/auth/google/callback',
  ])('%s is not configured, and says when to ask again', async (path) => {
    const answer = await test.api.get(path);
    expectProblem(answer, 503, 'provider_not_configured');
    expect(answer.headers.get('retry-after')).toBe('3600');
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it.each(['/auth/oauth/github', '/api/v1/auth/oauth/acme', '/api/auth/acme'])(
    '%s is unknown',
    async (path) => {
      expectProblem(await test.api.get(path), 404, 'unknown_provider');
    },
  );

  it('nobody is linked, and nobody can link', async () => {
    const { access_token: token } = (await signedIn(test)).tokens;
    const { body } = await test.api.get('users/me/linked-accounts', { token });
    expect(body).toEqual({ count: 0, has_password: true, linked_accounts: [] });
    const link = await test.api.post('auth/link/google', {}, { token });
    expectProblem(link, 503, 'provider_not_configured');
    const unlink = await test.api.delete('users/me/link/google', { token });
    expectProblem(unlink, 404, 'identity_not_found');
  });
});
