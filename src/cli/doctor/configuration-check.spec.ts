import { inspectConfig } from '../../config/env';
import { checkConfiguration } from './configuration-check';
import { renderFindings } from './finding';

const KEY = 'Zm9yIHRoZSBwcm9jZXNzIHRlc3RzIGFuZCBub3RoaW5nIGVsc2U';
const PRODUCTION = {
  NODE_ENV: 'production',
  SECRET_KEY: KEY,
  DATABASE_URL: 'postgres://db/gatehouse',
  SMTP_HOST: 'mail.example.com',
  FROM_EMAIL: 'no-reply@example.com',
  BACKEND_URL: 'https://auth.example.com',
  FRONTEND_URL: 'https://example.com',
  TRUST_PROXY: '1',
};

const findingsOf = (environment: Record<string, string>) =>
  checkConfiguration(inspectConfig(environment));
const notWell = (environment: Record<string, string>) =>
  findingsOf(environment)
    .filter(({ level }) => level !== 'ok')
    .map(({ level, topic, message }) => [level, topic, message]);

it('finds nothing wrong with nothing, nor with a sound production', () => {
  expect(notWell({})).toEqual([]);
  expect(notWell(PRODUCTION)).toEqual([]);
  expect(notWell({ ...PRODUCTION, TRUST_PROXY: '0' })).toEqual([]);
});

it('finds every variable that is wrong, says where to read about it, and never its value', () => {
  const wrong = {
    PORT: 'hunter1',
    SECRET_KEY: 'hunter2',
    NODE_ENV: 'production',
    ACME_CLIENT_ID: 'hunter3',
    OAUTH_PROVIDERS: 'acme',
  };
  const findings = findingsOf({ ...PRODUCTION, ...wrong });
  const failed = findings.filter(({ level }) => level === 'fail');
  expect(failed.map(({ topic, message, fix }) => [topic, message.split(':', 1)[0], fix])).toEqual(
    ['PORT', 'SECRET_KEY', 'ACME_CLIENT_SECRET', 'ACME_ISSUER'].map((name) => [
      'configuration',
      name,
      `.env.example says what ${name} takes.`,
    ]),
  );
  expect(JSON.stringify(findings)).not.toContain('hunter');
});

it.each([
  ['a short key', { SECRET_KEY: 'TEST' }, ['warn', 'secret key']],
  [
    'an example for a key',
    { SECRET_KEY: 'change-me-change-me-change-me-change-me' },
    ['warn', 'secret key'],
  ],
  [
    'no address of its own in production',
    { ...PRODUCTION, BACKEND_URL: '' },
    ['fail', 'addresses'],
  ],
  [
    'plain http in production',
    { ...PRODUCTION, BACKEND_URL: 'http://auth.example.com' },
    ['fail', 'addresses'],
  ],
  [
    'a frontend on this machine',
    { ...PRODUCTION, FRONTEND_URL: 'https://localhost:3000' },
    ['fail', 'addresses'],
  ],
  ['nothing said of proxies', { ...PRODUCTION, TRUST_PROXY: '' }, ['warn', 'proxies']],
  ['no limits in production', { ...PRODUCTION, RATE_LIMIT_ENABLED: 'false' }, ['warn', 'limits']],
])('finds %s', (_, environment, finding) => {
  expect(notWell(environment)).toEqual([[...finding, expect.any(String)]]);
});

it('keeps the secret key to itself', () => {
  const text = renderFindings([
    ...findingsOf({ SECRET_KEY: KEY }),
    ...findingsOf({ SECRET_KEY: 'TEST-KEY' }),
  ]);
  expect(text).not.toContain(KEY);
  expect(text).not.toContain('TEST-KEY');
});
