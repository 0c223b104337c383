import { readFileSync } from 'node:fs';
import { loadConfig } from '../../src/config/env';
import { guideEnvironments, guidePages } from '../support/guide';
import { GITHUB } from '../support/providers/shapes';

const PRODUCTION = {
  NODE_ENV: 'production',
  SECRET_KEY: 'p9Xv2mKq7Lr4Tz8Wn3Bc6Jd5Hf1Gs0Ya',
  DATABASE_URL: 'postgres://db/gatehouse',
  SMTP_HOST: 'mail.test',
  FROM_EMAIL: 'no-reply@gatehouse.test',
};

/** The providers that an example of docs/oauth.md switches on, in production. */
const providersOf = (environment: Record<string, string>) =>
  loadConfig({ ...PRODUCTION, ...environment }).oauth.providers.filter(({ client }) => client);

it('has in docs/oauth.md only lines for .env that start the service and switch providers on', () => {
  expect(guideEnvironments().map((lines) => providersOf(lines).map(({ name }) => name))).toEqual([
    ['google', 'discord'],
    ['keycloak', 'auth0', 'microsoft'],
    ['github'],
    ['facebook'],
  ]);
});

it('configures GitHub there as the GitHub of the tests wants it', () => {
  const lines = guideEnvironments().find(({ OAUTH_PROVIDERS: names }) => names === 'github')!;
  expect(lines).toMatchObject({
    GITHUB_AUTHORIZATION_URL: `https://github.com${GITHUB.paths.authorization}`,
    GITHUB_TOKEN_URL: `https://github.com${GITHUB.paths.token}`,
    GITHUB_USERINFO_URL: `https://api.github.com${GITHUB.paths.userinfo}`,
    GITHUB_EMAILS_URL: `https://api.github.com${GITHUB.paths.emails}`,
    GITHUB_SCOPE: GITHUB.settings.SCOPE,
    GITHUB_FIELDS: GITHUB.settings.FIELDS,
  });
});

/** What the first group of a pattern finds, in order of the alphabet. */
const words = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, word]) => word!).toSorted();

it('explains there every error that a sign-in can end with, and its page has a message for each', () => {
  const errors = readFileSync('docs/errors.md', 'utf8');
  const guide = readFileSync('docs/oauth.md', 'utf8');
  const [, listed] = /\?error=` and one of (.*?)\. With/.exec(errors)!;
  const [, table] = /^(\| `\?error=`.*?)\n\n/ms.exec(guide)!;
  const codes = words(listed!, /`(\w+)`/g);
  expect(words(table!, /^\| `(\w+)`/gm)).toEqual(codes);
  expect(words(guidePages().get('/login')!, /^ {4}(\w+):/gm)).toEqual(codes);
});
