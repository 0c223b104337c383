import { isAble } from './support/abilities';
import { cookiesSetBy } from './support/browser';
import type { Answer, Call } from './support/client';
import { emailChangeToken } from './support/doors';
import { itLogsNoSecret } from './support/log';
import { linkIn, mailsTo, waitForMail } from './support/mailbox';
import {
  isAccepted,
  newcomer,
  newPassword,
  newPerson,
  signedIn,
  signIn,
  signUp,
  type Tokens,
} from './support/people';
import { expectProblem } from './support/problems';
import { sendRaw } from './support/raw';
import { needing, useTarget } from './support/target';

const target = useTarget();
const attack = needing('people');

const EVIL = 'https://evil.example';

const originOf = (url: string): string => new URL(url).origin;

/** A simple request, and the preflight that comes before one that is not. */
async function crossOrigin(origin: string, token: string): Promise<readonly Answer[]> {
  const ask = (method: string, more: Record<string, string>) =>
    target.client().call(method, 'users/me', { token, headers: { origin, ...more } });
  return [
    await ask('GET', {}),
    await ask('OPTIONS', {
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,content-type,x-csrf-token',
    }),
  ];
}

describe('CWE-942: CORS', () => {
  async function expectUnreadable(origins: readonly string[]): Promise<void> {
    const { tokens } = await signedIn(target);
    for (const origin of origins)
      for (const { headers } of await crossOrigin(origin, tokens.access_token))
        expect([origin, headers.get('access-control-allow-origin')]).toEqual([origin, null]);
  }

  attack('tells a page of a foreign origin nothing', async () => {
    await expectUnreadable([EVIL, 'http://localhost:3001', 'https://auth0.example', '*', 'x', '']);
  });

  attack('tells a page without an origin (a sandbox, a file) nothing', async () => {
    await expectUnreadable(['null', 'NULL', 'file://', 'about:blank', 'data:']);
  });

  needing('people', 'frontend')('is not fooled by an origin that resembles one', async () => {
    const { host, protocol } = new URL(target.frontendUrl);
    const bare = host.split('.').slice(-2).join('.');
    await expectUnreadable([
      `${protocol}//${host}.evil.example`,
      `${protocol}//${host}-evil.example`,
      `${protocol}//evil-${host}`,
      `${protocol}//evil${host}`,
      `${protocol}//x.${host}`,
      `${protocol}//${bare}`,
      `${protocol}//${host}:8443`,
      `${protocol}//${host}/`,
      `${protocol}//${host}@evil.example`,
      `${protocol}//${host.replaceAll('.', 'x')}`,
      `${protocol}//${host.toUpperCase()}`,
      `${protocol === 'https:' ? 'http:' : 'https:'}//${host}`,
      `${EVIL}, ${protocol}//${host}`,
      `${protocol}//${host} ${EVIL}`,
      `${EVIL}?${protocol}//${host}`,
      `${EVIL}#${protocol}//${host}`,
    ]);
  });

  needing('people', 'frontend')('lets the frontend in, by its name and never by *', async () => {
    const { tokens } = await signedIn(target);
    const origin = originOf(target.frontendUrl);
    for (const { headers, status } of await crossOrigin(origin, tokens.access_token)) {
      expect(status).toBeLessThan(300);
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-allow-credentials')).toBe('true');
      expect(headers.get('vary')).toMatch(/\bOrigin\b/i);
    }
  });

  attack('never answers * where credentials are allowed, on any kind of route', async () => {
    for (const origin of [EVIL, originOf(target.publicUrl), 'null'])
      for (const path of ['/', '/nope', 'health/live', '/docs', '/openapi.json', 'auth/login']) {
        const { headers } = await target.client().get(path, { headers: { origin } });
        expect(headers.get('access-control-allow-origin')).not.toBe('*');
      }
  });
});

/** What a client can say of where it thinks it is. */
const HOSTS: readonly Readonly<Record<string, string>>[] = [
  { host: 'evil.example' },
  { 'x-forwarded-host': 'evil.example' },
  { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', 'x-forwarded-port': '81' },
  { 'x-forwarded-proto': 'evil', 'x-forwarded-prefix': '/evil', 'x-forwarded-server': 'evil' },
  { forwarded: 'for=1.1.1.1;host=evil.example;proto=http' },
  { 'x-host': 'evil.example', 'x-original-url': '//evil.example', 'x-rewrite-url': '/evil' },
  { origin: EVIL, referer: `${EVIL}/evil` },
];

/** At a target that is somewhere else a foreign Host would not arrive. */
const hosts = () =>
  HOSTS.filter(({ host }) => host === undefined || target.origin.startsWith('http://127.'));

describe('WSTG-INPV-17: a host header made up by the client', () => {
  needing('people', 'mailbox')('CWE-640: does not get into the links of mails', async () => {
    for (const headers of hosts()) {
      const person = newcomer();
      const { email } = person;
      await target.client().post('auth/register', person, { headers });
      const verification = await waitForMail(target, email, /^Confirm your e-mail/);
      await target.client().post('auth/password/reset/request', { email }, { headers });
      const reset = await waitForMail(target, email, /^Reset your/);
      for (const { links } of [verification, reset])
        for (const link of links) expect(link).not.toMatch(/evil/);
      expect(`${linkIn(reset).origin}${linkIn(reset).pathname}`).toBe(
        `${target.publicUrl}/pages/reset-password`,
      );
    }
  });

  needing('provider')('RFC 9700 §4.1: does not get into the redirect_uri', async () => {
    for (const headers of hosts()) {
      const answer = await target.client().get(`auth/oauth/${target.provider}`, { headers });
      expect(answer.status).toBe(302);
      const location = new URL(answer.headers.get('location')!);
      expect(location.searchParams.get('redirect_uri')).toBe(
        `${target.publicUrl}/auth/oauth/callback/${target.provider}`,
      );
      expect(location.href).not.toMatch(/evil/);
    }
  });

  attack('does not get into any answer: body, Location, Link or cookie', async () => {
    const { tokens } = await signedIn(target);
    const paths = ['/auth/verify-email?token=x', '/pages/verify-email?token=x', '/nope', '/docs'];
    const signed = ['auth/oauth/providers', 'users?limit=1', 'auth/me', '/openapi.json', '/redoc'];
    for (const headers of hosts())
      for (const path of [...paths, ...signed]) {
        const call: Call = { headers, token: tokens.access_token };
        const answer = await target.client().get(path, call);
        expect([path, answer.text]).toEqual([path, expect.not.stringMatching(/evil/)]);
        for (const [name, value] of answer.headers)
          expect([path, name, value]).toEqual([path, name, expect.not.stringMatching(/evil/)]);
      }
  });

  attack('does not decide whether cookies are Secure', async () => {
    const { username, password } = await newPerson(target);
    const headers = { 'x-forwarded-proto': 'http', 'x-forwarded-ssl': 'off' };
    const call = { headers };
    const path = 'auth/login?cookies=true';
    const answer = await target.client().post(path, { username, password }, call);
    const isSecure = target.publicUrl.startsWith('https:');
    const cookies = cookiesSetBy(answer);
    expect(cookies.length).toBeGreaterThan(0);
    for (const { attributes } of cookies) expect('secure' in attributes).toBe(isSecure);
  });
});

describe('CWE-601: open redirect', () => {
  const begin = (redirectTo: string): Promise<Answer> =>
    target
      .client()
      .get(`auth/oauth/${target.provider}?redirect_to=${encodeURIComponent(redirectTo)}`);

  const elsewhere = (): string[] => {
    const { publicUrl } = target;
    const { host } = new URL(publicUrl);
    return [
      EVIL,
      '//evil.example',
      '/\\evil.example',
      '\\\\evil.example',
      `https:${host}`,
      `https:///${host}`,
      `https://${host}@evil.example`,
      `https://${host}.evil.example`,
      `https://evil.example/${host}`,
      `https://evil.example\\@${host}`,
      'javascript:alert(1)',
      'data:text/html,x',
      ' https://evil.example',
      '\thttps://evil.example',
      'https://evil.example%00',
      '',
      '/',
      'x',
    ];
  };

  needing('provider')('RFC 9700 §4.11: to anywhere but the allow-list is refused', async () => {
    for (const place of elsewhere()) {
      const { status, headers, body } = await begin(place);
      expect([place, status, body?.code]).toEqual([place, 400, 'redirect_not_allowed']);
      expect(headers.get('set-cookie')).toBeNull();
    }
  });

  needing('provider', 'frontend')('by a place that resembles the frontend is refused', async () => {
    const { frontendUrl } = target;
    const { host, protocol } = new URL(frontendUrl);
    for (const place of [
      `${frontendUrl}.evil.example`,
      `${frontendUrl}@evil.example`,
      `${frontendUrl}:81/`,
      `${protocol}//evil.${host}`,
      `${protocol}//evil-${host}`,
      `${protocol}//user@${host}`,
      `${protocol === 'https:' ? 'http:' : 'https:'}//${host}/`,
      `${frontendUrl}\\@evil.example`,
      `${frontendUrl}/ok\r\nLocation: ${EVIL}`,
    ])
      expect([place, (await begin(place)).status]).toEqual([place, 400]);
  });

  needing('provider', 'frontend')('is not what the frontend itself is', async () => {
    const answer = await begin(`${target.frontendUrl}/welcome?x=1`);
    expect(answer.status).toBe(302);
    expect(cookiesSetBy(answer).length).toBeGreaterThan(0);
  });

  needing('provider')('given twice or as a list, redirect_to is refused', async () => {
    const path = `auth/oauth/${target.provider}`;
    for (const query of [`redirect_to=x&redirect_to=${EVIL}`, `redirect_to[]=${EVIL}`]) {
      const answer = await target.client().get(`${path}?${query}`);
      const location = answer.headers.get('location') ?? '';
      expect([query, location]).toEqual([query, expect.not.stringMatching(/evil\.example/)]);
    }
    const twice = await target.client().get(`${path}?redirect_to=${EVIL}&redirect_to=${EVIL}`);
    expectProblem(twice, 400, 'redirect_not_allowed');
  });

  attack('by a path, a callback or a bad link is none: they lead where we say', async () => {
    const ends = ['//evil.example', '/%2f%2fevil.example', '/\\evil.example', '//evil.example/..'];
    const links = [
      `/auth/verify-email?token=x&redirect_to=${EVIL}&next=${EVIL}`,
      `/auth/oauth/callback/acme?error=access_denied&redirect_to=${EVIL}&state=x`,
      `/pages/verify-email?token=x&next=${EVIL}`,
    ];
    for (const path of [...ends, ...links]) {
      const answer = await target.client().get(path);
      const location = answer.headers.get('location') ?? '';
      expect([path, location]).toEqual([path, expect.not.stringMatching(/evil\.example/)]);
      const page = answer.text.replaceAll(/value="[^"]*"/g, '');
      expect([path, page]).toEqual([path, expect.not.stringMatching(/evil\.example/)]);
    }
  });
});

describe('a mail scanner that follows every link', () => {
  const scan = async (link: URL): Promise<void> => {
    const path = `${link.pathname}${link.search}`;
    for (const method of ['HEAD', 'GET', 'GET', 'HEAD']) {
      const { status } = await target.client().call(method, path);
      expect(status).toBe(200);
    }
  };
  const confirm = (path: string, json: object): Promise<Answer> => target.client().post(path, json);
  const mailed = needing('people', 'mailbox');

  mailed('RFC 9110 §9.2.1: uses up no verification link', async () => {
    const person = await signUp(target);
    const link = linkIn(await waitForMail(target, person.email, /^Confirm your e-mail/));
    await scan(link);
    const { username, password } = person;
    const early = await target.client().post('auth/login', { username, password });
    expectProblem(early, 401, 'email_not_verified');
    const token = link.searchParams.get('token')!;
    const answer = await confirm('auth/email/verification/confirm', { token });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(/already/i);
  });

  mailed('RFC 9110 §9.2.1: uses up no verification link of the dialect, by HEAD', async () => {
    const person = await signUp(target);
    const link = linkIn(await waitForMail(target, person.email, /^Confirm your e-mail/));
    const token = link.searchParams.get('token')!;
    const path = `/auth/verify-email?token=${encodeURIComponent(token)}`;
    expect((await target.client().call('HEAD', path)).status).toBe(302);
    const { username, password } = person;
    const early = await target.client().post('auth/login', { username, password });
    expectProblem(early, 401, 'email_not_verified');
  });

  mailed('RFC 9110 §9.2.1: uses up no reset link, and changes no password', async () => {
    const { person, tokens } = await signedIn(target);
    await confirm('auth/password/reset/request', { email: person.email });
    const link = linkIn(await waitForMail(target, person.email, /^Reset your/));
    await scan(link);
    expect(await isAccepted(target, tokens.access_token)).toBe(true);
    const token = link.searchParams.get('token')!;
    const body = { token, new_password: newPassword() };
    expect((await confirm('auth/password/reset/confirm', body)).status).toBe(200);
    expectProblem(await confirm('auth/password/reset/confirm', body), 400, 'invalid_token');
  });

  mailed('RFC 9110 §9.2.1: uses up no link that changes an address', async () => {
    const { person, tokens } = await signedIn(target);
    const newEmail = `new-${person.email}`;
    const token = await emailChangeToken(target, person, tokens, newEmail);
    const [mail] = await mailsTo(target, newEmail);
    await scan(linkIn(mail!));
    const me = await target.client().get('auth/me', { token: tokens.access_token });
    expect(me.body.email).toBe(person.email);
    expect((await confirm('auth/email/change/confirm', { token })).status).toBe(200);
    expect((await signIn(target, person)).access_token).toEqual(expect.any(String));
  });

  needing(
    'people',
    'mailbox',
    'admin',
  )('RFC 9110 §9.2.1: uses up no invitation', async () => {
    const { username, email } = newcomer();
    const wanted = { username, email, send_invitation: true };
    const token = await target.adminToken();
    expect((await target.client().post('users', wanted, { token })).status).toBe(201);
    const link = linkIn(await waitForMail(target, email, /./));
    await scan(link);
    const body = { token: link.searchParams.get('token')!, new_password: newPassword() };
    expect((await confirm('auth/password/reset/confirm', body)).status).toBe(200);
    await signIn(target, { username, password: body.new_password });
  });

  mailed('CWE-598: finds pages that give the link to nobody else', async () => {
    const person = await signUp(target);
    const link = linkIn(await waitForMail(target, person.email, /^Confirm your e-mail/));
    const { headers, text } = await target.client().get(`${link.pathname}${link.search}`);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).not.toMatch(/<(script|img|iframe|link)\b/i);
    expect(text).not.toMatch(/(src|href|action)="(https?:)?\/\//i);
  });
});

describe('ASVS 5.0 §3.4: the security headers', () => {
  const SAFE = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-frame-options': expect.stringMatching(/^(DENY|SAMEORIGIN)$/),
    'content-security-policy': expect.stringMatching(/frame-ancestors '(none|self)'/),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };

  const expectSafe = (name: string, { headers }: Pick<Answer, 'headers'>): void => {
    const sent = Object.fromEntries(Object.keys(SAFE).map((key) => [key, headers.get(key)]));
    expect([name, sent]).toEqual([name, SAFE]);
    expect([name, headers.get('x-powered-by')]).toEqual([name, null]);
    // A proxy may say what it is, but not which version has which holes.
    expect(headers.get('server') ?? '').not.toMatch(/\d/);
    const policy = headers.get('content-security-policy')!;
    expect(policy).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'/);
  };

  /** The answer to somebody who guesses passwords. */
  async function limited(): Promise<Answer> {
    const client = target.client();
    const guess = { ...newcomer(), email: undefined };
    let answer = await client.post('auth/login', guess);
    while (answer.status === 401) answer = await client.post('auth/login', guess);
    expectProblem(answer, 429, 'rate_limited');
    return answer;
  }

  async function kinds(token: string): Promise<Record<string, Answer>> {
    const client = target.client();
    return {
      '200': await client.get('health/live'),
      '200 signed in': await client.get('auth/me', { token }),
      '302': await client.get('/auth/verify-email?token=x'),
      '400 JSON': await client.call('POST', 'auth/login', {
        raw: '{',
        headers: { 'content-type': 'application/json' },
      }),
      '401': await client.get('auth/me'),
      '403': await client.get('users/stats/count', { token }),
      '404': await client.get('/nope'),
      '415': await client.call('POST', 'auth/login', {
        raw: 'x',
        headers: { 'content-type': 'text/plain' },
      }),
      '422': await client.post('auth/register', {}),
      ...(isAble('addresses') && { '429': await limited() }),
      // A proxy in front answers these itself.
      ...(isAble('settings') && {
        '400 URL': await client.get('/%zz'),
        '413': await client.post('auth/login', { username: 'x'.repeat(200_000) }),
      }),
      'a page': await client.get('/pages/verify-email?token=x'),
      'a bad page': await client.get('/pages/reset-password?token=x'),
      '/docs': await client.get('/docs'),
      '/redoc': await client.get('/redoc'),
      '/openapi.json': await client.get('/openapi.json'),
      'a preflight': await client.call('OPTIONS', 'auth/me', {
        headers: { origin: EVIL, 'access-control-request-method': 'GET' },
      }),
    };
  }

  attack('are on every kind of answer', async () => {
    const { access_token: token } = (await signedIn(target)).tokens;
    for (const [name, answer] of Object.entries(await kinds(token))) expectSafe(name, answer);
  });

  needing('settings')('are on the answer to bytes that are no request', async () => {
    const answer = await sendRaw(target.origin, 'garbage\r\n\r\n');
    expect(answer.status).toBe(400);
    expectSafe('garbage', answer);
  });

  attack('RFC 9457 §5: go with errors that say nothing of what is inside', async () => {
    const { access_token: token } = (await signedIn(target)).tokens;
    for (const [name, { status, text }] of Object.entries(await kinds(token)))
      if (status >= 400)
        expect([name, text]).toEqual([
          name,
          expect.not.stringMatching(/node_modules|\.[jt]s:\d|SELECT |Error:|fastify|nest|typeorm/i),
        ]);
  });

  attack('CWE-525: tokens are handed out in answers that no cache keeps', async () => {
    const { username, password } = await newPerson(target);
    const login = await target.client().post('auth/login', { username, password });
    const { refresh_token } = login.body as Tokens;
    const form = { username, password };
    for (const answer of [
      login,
      await target.client().post('auth/refresh', { refresh_token }),
      await target.client().call('POST', 'auth/token', { form }),
      await target.client().call('POST', 'auth/login/form', { form }),
      await target.client().call('POST', '/auth/token', { form }),
    ])
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });
});

itLogsNoSecret(target);
