import { OutboundHttp } from '../../common/http/outbound-http';
import { loadConfig } from '../../config/env';
import { checkOAuth } from './oauth-check';

class Internet extends OutboundHttp {
  readonly asked: string[] = [];

  constructor(private readonly answers: Readonly<Record<string, readonly [number, string]>>) {
    super();
  }

  override async request(url: string, { onlyPublic = false } = {}) {
    this.asked.push(`${url}${onlyPublic ? '' : ' anywhere'}`);
    const [status, text] = this.answers[url] ?? [];
    if (status === undefined) throw new Error('getaddrinfo ENOTFOUND');
    return { status, text: text!, headers: new Headers() };
  }
}

const settings = (environment: Record<string, string>) =>
  loadConfig({ NODE_ENV: 'test', SECRET_KEY: 'k', ...environment }).oauth;

const GOOGLE = { GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'secret' };
const ACME = {
  OAUTH_PROVIDERS: 'acme',
  ACME_CLIENT_ID: 'id',
  ACME_CLIENT_SECRET: 'secret',
  ACME_ISSUER: 'https://id.acme.example/',
};
const DISCOVERY = 'https://id.acme.example/.well-known/openid-configuration';

it('asks nobody unless it is told to, and tells what must be registered', async () => {
  const internet = new Internet({});
  const findings = await checkOAuth(settings({ ...GOOGLE, ...ACME }), internet, false);
  expect(internet.asked).toEqual([]);
  expect(findings.map(({ level, message }) => `${level} ${message}`)).toEqual([
    'ok google is switched on; registered there must be http://localhost:8000/auth/oauth/callback/google',
    'ok acme is switched on; registered there must be http://localhost:8000/auth/oauth/callback/acme',
  ]);
  expect(await checkOAuth(settings({}), internet, true)).toMatchObject([{ level: 'ok' }]);
});

it('is content with a ready provider that answers anything', async () => {
  const internet = new Internet({ 'https://oauth2.googleapis.com/token': [404, ''] });
  const findings = await checkOAuth(settings(GOOGLE), internet, true);
  expect(findings).toMatchObject([{ level: 'ok', message: 'google answers' }]);
});

it('asks only public addresses where the service does', async () => {
  const internet = new Internet({ [DISCOVERY]: [200, '{"issuer":"https://id.acme.example/"}'] });
  const closed = settings({ ...ACME, OAUTH_ALLOW_PRIVATE_ADDRESSES: 'false' });
  expect(await checkOAuth(closed, internet, true)).toMatchObject([{ level: 'ok' }]);
  expect(await checkOAuth(settings(ACME), internet, true)).toMatchObject([{ level: 'ok' }]);
  expect(internet.asked).toEqual([DISCOVERY, `${DISCOVERY} anywhere`]);
});

it.each([
  ['a provider that cannot be reached', {}, 'acme does not answer: getaddrinfo ENOTFOUND'],
  ['a provider without discovery', { [DISCOVERY]: [404, ''] }, 'acme answers 404 to discovery'],
  [
    'another name',
    { [DISCOVERY]: [200, '{"issuer":"https://id.acme.example"}'] },
    'acme calls itself otherwise',
  ],
  ['a page', { [DISCOVERY]: [200, '<html>'] }, 'acme calls itself otherwise'],
] as const)('finds %s', async (_, answers, message) => {
  const findings = await checkOAuth(settings(ACME), new Internet(answers), true);
  expect(findings).toEqual([
    { level: 'fail', topic: 'oauth', message, fix: expect.stringContaining('ACME_') },
  ]);
});
