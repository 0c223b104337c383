import {
  linkWith,
  type OAuthTestApp,
  signedInWith,
  startOAuthApp,
  travel,
} from '../../support/oauth-app';

const PROVIDERS = ['google', 'discord', 'github', 'acme'] as const;

let test: OAuthTestApp;
beforeAll(async () => {
  test = await startOAuthApp();
});
afterAll(() => test.close());

/** Every row of every table, as text. */
async function rows(): Promise<string> {
  const tables = await test.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
  const found = await Promise.all(
    tables.map(({ tablename }) =>
      test.query(`SELECT to_jsonb(t)::text AS text FROM ${tablename} t`),
    ),
  );
  return found
    .flat()
    .map(({ text }) => text)
    .join('\n');
}

it('keeps nothing that opens an account at a provider, in a row or a log', async () => {
  for (const name of PROVIDERS) {
    const email = `${name}@example.com`;
    Object.assign(test[name].person, { email, subject: '4711', sub: '4711' });
    await signedInWith(test, name);
  }
  const { tokens } = await signedInWith(test, 'google');
  test.discord.person.subject = 'another';
  await linkWith(test, 'discord', tokens);
  test.google.userinfo = () => 'no user at all';
  const { location } = await travel(test, 'google');
  expect(location?.searchParams.get('error')).toBe('provider_error');
  await test.mailsSettled();

  const providers = PROVIDERS.map((name) => test[name]);
  const redeemed = providers.flatMap(({ seen }) =>
    seen.flatMap(({ form }) => [form?.code, form?.code_verifier]).filter((value) => value),
  );
  const issued = providers.flatMap(({ issuedTokens }) => issuedTokens);
  expect([issued.length, redeemed.length]).toEqual([7, 14]);
  const written = `${await rows()}\n${test.logs.join('\n')}`;
  expect(written).toContain('discord@example.com');
  for (const secret of [...issued, ...redeemed, ...PROVIDERS.map((name) => `${name}-secret`)])
    expect(written).not.toContain(secret);
});
