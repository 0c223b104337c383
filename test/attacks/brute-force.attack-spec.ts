import { type Answer, type Client, freshAddress } from './support/client';
import { linkTokenIn, waitForMail } from './support/mailbox';
import { newcomer, newPassword, newPerson, type Person, signedIn } from './support/people';
import { expectProblem } from './support/problems';
import { needing, type Target, useTarget } from './support/target';

const target = useTarget();

/** With the limits as they are by default (contract, section 9), and fresh for each test. */
const attack = needing('settings');

const ATTEMPTS = 5;
const ATTEMPTS_OF_ADDRESS = 60;
const REQUESTS = 300;
const SIGN_UPS = 20;
const MAILS = 3;

const wrongPassword = newPassword();

interface Guess {
  readonly person: Person;
  readonly password: string;
  /** Which guess it is, from 0. */
  readonly n: number;
  /** An address of this attack's own. */
  readonly client: Client;
}

const login = (client: Client, username: string, password: string): Promise<Answer> =>
  client.post('auth/login', { username, password });

const loginFrom = (address: string, { person, password }: Guess): Promise<Answer> =>
  login(target.client(address), person.username, password);

const loginWith = (headers: Record<string, string>, { client, person, password }: Guess) =>
  client.post('auth/login', { username: person.username, password }, { headers });

const formTo = (path: string, { client, person, password }: Guess): Promise<Answer> =>
  client.call('POST', path, { form: { username: person.username, password } });

const jsonTo = (path: string, { client, person, password }: Guess): Promise<Answer> =>
  client.post(path, { username: person.username, password });

const letters = (name: string, change: (letter: string, at: number) => string): string =>
  Array.from(name, change).join('');

const fullwidth = (letter: string): string =>
  /[!-~]/.test(letter) ? String.fromCodePoint(letter.codePointAt(0)! + 0xfee0) : letter;

const mathematical = (letter: string): string =>
  /[a-z]/.test(letter) ? String.fromCodePoint(letter.codePointAt(0)! - 0x61 + 0x1d41a) : letter;

const nameIs =
  (spell: (name: string, n: number) => string) =>
  ({ client, person, password, n }: Guess): Promise<Answer> =>
    login(client, spell(person.username, n), password);

const inSegment = `2001:db8:${(Date.now() % 0xffff).toString(16)}`;
const IPV4 = freshAddress();
const asHex = IPV4.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));

/** Ways of guessing that look like five different ones. */
const DISGUISES: Readonly<Record<string, (guess: Guess) => Promise<Answer>>> = {
  'the name in other letter case': nameIs((name, n) =>
    letters(name, (letter, at) => (at % 5 === n % 5 ? letter.toUpperCase() : letter)),
  ),
  'the name in full width': nameIs((name, n) =>
    letters(name, (letter, at) => (at === n ? fullwidth(letter) : letter)),
  ),
  'white space around the name': nameIs((name, n) => ' '.repeat(n) + name + '\t'.repeat(n)),
  'white space in the name': nameIs((name, n) => `${name.slice(0, n)} ${name.slice(n)}`),
  'odd white space around the name': nameIs(
    (name, n) => `${'\u00a0\u2003\u3000\ufeff\u2028'[n % 5]}${name}`,
  ),
  'what cannot be seen in the name': nameIs(
    (name, n) => `${name}${'\u200b\u200d\u00ad\u2060\ufeff'[n % 5]}`,
  ),
  'mathematical letters in the name': nameIs((name, n) =>
    letters(name, (letter, at) => (at === n ? mathematical(letter) : letter)),
  ),
  'the Kelvin sign in the name': nameIs((name, n) =>
    n % 2 ? name.replace('k', '\u212a') : name.replace('k', 'K'),
  ),
  'the address for the name': ({ client, person, password, n }) =>
    login(client, n % 2 ? person.email : person.username, password),
  'the address in other letter case': ({ client, person, password, n }) =>
    login(
      client,
      letters(person.email, (l, at) => (at % 5 === n % 5 ? l.toUpperCase() : l)),
      password,
    ),
  'all doors in turn': (guess) =>
    [
      () => jsonTo('/api/v1/auth/login', guess),
      () => jsonTo('/api/auth/login', guess),
      () => formTo('/api/v1/auth/login/form', guess),
      () => formTo('/api/auth/login/form', guess),
      () => formTo('/api/v1/auth/token', guess),
      () => formTo('/api/auth/token', guess),
      () => formTo('/auth/token', guess),
    ][guess.n % 7]!(),
  'all doors, the other way around': (guess) =>
    [
      () => formTo('/auth/token', guess),
      () => formTo('/api/auth/token', guess),
      () => jsonTo('/api/auth/login', guess),
      () => jsonTo('/api/v1/auth/login?cookies=true', guess),
      () => jsonTo('/api/v1/auth/login?cookies=false', guess),
      () => formTo('/api/v1/auth/login/form?x=y', guess),
    ][guess.n % 6]!(),
  'the path spelled otherwise': (guess) => jsonTo(`/api/v1/auth/log%69n?n=${guess.n}`, guess),
  'other user agents': (guess) => loginWith({ 'user-agent': `browser ${guess.n}` }, guess),
  'other cookies and referers': (guess) =>
    loginWith({ cookie: `a=${guess.n}`, referer: `https://x.example/${guess.n}` }, guess),
  'other request ids': (guess) => loginWith({ 'x-request-id': `request-${guess.n}` }, guess),
  'made up hops before the true one': ({ client, person, password, n }) =>
    client.post(
      'auth/login',
      { username: person.username, password },
      { headers: { 'x-forwarded-for': `203.0.113.${n}, 198.51.100.${n}, ${client.address}` } },
    ),
  'made up hops in a header of their own': ({ client, person, password, n }) =>
    client.post(
      'auth/login',
      { username: person.username, password },
      { headers: { 'x-forwarded-for': [`203.0.113.${n}`, client.address] } },
    ),
  'other headers that proxies use': (guess) => {
    const made = `203.0.113.${guess.n}`;
    const names = [
      'x-real-ip',
      'x-client-ip',
      'true-client-ip',
      'cf-connecting-ip',
      'fastly-client-ip',
      'x-cluster-client-ip',
      'x-forwarded',
      'forwarded-for',
      'x-originating-ip',
      'x-remote-ip',
      'x-remote-addr',
      'client-ip',
      'x-azure-clientip',
      'x-envoy-external-address',
    ];
    const headers = Object.fromEntries(names.map((name) => [name, made]));
    return loginWith({ ...headers, forwarded: `for=${made}`, via: `1.1 ${made}` }, guess);
  },
  'addresses of one /64': (guess) =>
    loginFrom(`${inSegment}:1::${(guess.n + 1).toString(16)}`, guess),
  'one address written in many ways': (guess) =>
    loginFrom(
      [
        IPV4,
        `::ffff:${IPV4}`,
        `::FFFF:${IPV4}`,
        `${IPV4}:1234`,
        `::ffff:${asHex[0]}${asHex[1]}:${asHex[2]}${asHex[3]}`,
        `[::ffff:${IPV4}]:80`,
      ][guess.n % 6]!,
      guess,
    ),
};

describe('brute force: one account', () => {
  attack.each(Object.keys(DISGUISES))(
    'CWE-307: five guesses a minute are looked at and no sixth, by %s',
    async (disguise) => {
      const [person, client] = [await newPerson(target), target.client()];
      const guess = (n: number, password: string) =>
        DISGUISES[disguise]!({ person, client, n, password });
      for (let n = 0; n < ATTEMPTS; n++)
        expectProblem(await guess(n, wrongPassword), 401, 'invalid_credentials');
      // The right one now, so that no answer could be a refusal for another reason.
      for (let n = ATTEMPTS; n < ATTEMPTS + 4; n++) {
        const answer = await guess(n, person.password);
        expectProblem(answer, 429, 'rate_limited');
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(60);
      }
    },
  );

  attack('CWE-307: of a hundred guesses at once five are looked at', async () => {
    const [person, client] = [await newPerson(target), target.client()];
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => login(client, person.username, wrongPassword)),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(ATTEMPTS);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(100 - ATTEMPTS);
  });

  attack('CWE-307: the right one among a hundred at once has no better chance', async () => {
    const [person, client] = [await newPerson(target), target.client()];
    const wrong = Array.from({ length: 99 }, () => login(client, person.username, wrongPassword));
    const answers = await Promise.all([...wrong, login(client, person.username, person.password)]);
    expect(answers.filter(({ status }) => status !== 429)).toHaveLength(ATTEMPTS);
  });

  attack('CWE-645: a stranger’s guesses do not lock the owner out', async () => {
    const [person, stranger] = [await newPerson(target), target.client()];
    for (let n = 0; n < ATTEMPTS + 3; n++) await login(stranger, person.username, wrongPassword);
    expectProblem(await login(stranger, person.username, person.password), 429, 'rate_limited');
    for (const name of [person.username, person.email])
      expect((await login(target.client(), name, person.password)).status).toBe(200);
    // Nor other people at the stranger's address, nor on another network.
    const neighbour = await newPerson(target);
    expect((await login(stranger, neighbour.username, neighbour.password)).status).toBe(200);
  });

  attack('CWE-645: a neighbour in the next /64 is somebody else', async () => {
    const person = await newPerson(target);
    for (let n = 0; n < ATTEMPTS + 1; n++)
      await login(target.client(`${inSegment}:a::${n}`), person.username, wrongPassword);
    const next = target.client(`${inSegment}:b::1`);
    expect((await login(next, person.username, person.password)).status).toBe(200);
  });

  attack('CWE-204: a name that is nobody’s has a count as well', async () => {
    const [client, nobody] = [target.client(), newcomer()];
    for (let n = 0; n < ATTEMPTS; n++)
      expectProblem(
        await login(client, nobody.username, wrongPassword),
        401,
        'invalid_credentials',
      );
    expectProblem(await login(client, nobody.username, wrongPassword), 429, 'rate_limited');
  });

  /** A name in ways that fold to one. */
  const SAME = (name: string) => [
    name,
    name.toUpperCase(),
    ` ${name}`,
    letters(name, fullwidth),
    `${name}\u200b`,
    name.replace('i', '\u0130'),
  ];

  attack('CWE-204: spellings of a name share a count whether it is somebody’s or not', async () => {
    const token = await target.adminToken();
    const [somebody, nobody] = [newcomer(), newcomer()].map((one) => ({
      ...one,
      username: one.username.replace('attack', 'attack-i'),
    }));
    const wanted = { ...somebody!, is_verified: true };
    expect((await target.client().post('users', wanted, { token })).status).toBe(201);
    const statuses = async (name: string): Promise<number[]> => {
      const client = target.client();
      const seen: number[] = [];
      for (const spelled of [...SAME(name), ...SAME(name)])
        seen.push((await login(client, spelled, wrongPassword)).status);
      return seen;
    };
    const seen = await statuses(somebody!.username);
    expect(seen).toEqual(await statuses(nobody!.username));
    expect(seen.filter((status) => status === 401)).toHaveLength(ATTEMPTS);
  });

  attack('CWE-307: a stolen session guesses the password no faster', async () => {
    const { person, tokens } = await signedIn(target);
    const { access_token: token } = tokens;
    const client = target.client();
    const proofs = (password: string, n: number): Promise<Answer> =>
      [
        () =>
          client.post(
            'auth/password/change',
            { current_password: password, new_password: newPassword() },
            { token },
          ),
        () =>
          client.post('auth/email/change', { new_email: newcomer().email, password }, { token }),
        () => client.call('DELETE', 'users/me', { token, json: { password } }),
      ][n % 3]!();
    for (let n = 0; n < ATTEMPTS; n++)
      expectProblem(await proofs(wrongPassword, n), 400, 'wrong_password');
    for (let n = 0; n < 3; n++)
      expectProblem(await proofs(person.password, n), 429, 'rate_limited');
    expectProblem(await login(client, person.username, person.password), 429, 'rate_limited');
  });
});

describe('brute force: one address', () => {
  attack('CWE-307 (password spraying): sixty accounts a minute are tried and no more', async () => {
    const [person, client] = [await newPerson(target), target.client()];
    const guess = (n: number) => {
      const username = `nobody-${n}-${person.username}`.slice(0, 50);
      return n % 2
        ? login(client, username, wrongPassword)
        : client.call('POST', '/auth/token', { form: { username, password: wrongPassword } });
    };
    for (let n = 0; n < ATTEMPTS_OF_ADDRESS; n++)
      expectProblem(await guess(n), 401, 'invalid_credentials');
    expectProblem(await guess(ATTEMPTS_OF_ADDRESS), 429, 'rate_limited');
    expectProblem(await login(client, person.username, person.password), 429, 'rate_limited');
    expect((await login(target.client(), person.username, person.password)).status).toBe(200);
  });

  attack('CWE-307 (password spraying): two hundred accounts at once, sixty are tried', async () => {
    const client = target.client();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => login(client, `nobody-${n}`, wrongPassword)),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(ATTEMPTS_OF_ADDRESS);
  });

  const SIGN_UP_ROUTES = ['auth/register', '/auth/create-user', '/api/auth/register'];

  attack('CWE-799: an address signs up twenty people an hour, by whatever route', async () => {
    const client = target.client();
    const signUp = (n: number) => client.post(SIGN_UP_ROUTES[n % 3]!, newcomer());
    for (let n = 0; n < SIGN_UPS; n++) expect((await signUp(n)).status).toBe(201);
    for (let n = 0; n < 3; n++) {
      const answer = await signUp(n);
      expectProblem(answer, 429, 'rate_limited');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(60);
    }
  });

  attack('CWE-799: of fifty sign-ups at once twenty are taken', async () => {
    const client = target.client();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => client.post('auth/register', newcomer())),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(SIGN_UPS);
  });

  /** What a flood may be made of. */
  const FLOODS: Readonly<
    Record<string, (client: Client, n: number, target: Target) => Promise<Answer>>
  > = {
    'a public route': (client) => client.get('auth/oauth/providers'),
    'a guarded route without a token': (client) => client.get('users/me'),
    'routes that are none': (client, n) => client.get(`/nope/${n}`),
    'guesses at links': (client, n) =>
      client.post('auth/password/reset/confirm', {
        token: `e30.e30.${n}`,
        new_password: wrongPassword,
      }),
    'guesses at codes': (client, n) => client.post('auth/oauth/exchange', { code: `code ${n}` }),
    'guesses at access tokens': (client, n) => client.get('users/me', { token: `e30.e30.${n}` }),
    'other methods': (client, n) => client.call(['HEAD', 'PATCH'][n % 2]!, 'users/me'),
    'other queries': (client, n) => client.get(`users/me?n=${n}`),
    'sign-ins that are refused before they are tried': (client) =>
      client.post('auth/login', { username: 'x' }),
    'bodies that are none': (client) =>
      client.call('POST', 'auth/login', {
        raw: '{',
        headers: { 'content-type': 'application/json' },
      }),
  };

  attack.each(Object.keys(FLOODS))(
    'CWE-770: three hundred requests a minute are answered: %s',
    async (flood) => {
      const client = target.client();
      const answers: Answer[] = [];
      // In handfuls: a flood is not polite, but a client has only so many sockets.
      for (let n = 0; n < REQUESTS + 20; n += 20)
        answers.push(
          ...(await Promise.all(
            Array.from({ length: 20 }, (_, k) => FLOODS[flood]!(client, n + k, target)),
          )),
        );
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused).toHaveLength(20);
      for (const { headers } of refused)
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      const other = await FLOODS[flood]!(target.client(), 0, target);
      expect(other.status).not.toBe(429);
    },
  );
});

describe('brute force: one mailbox', () => {
  const ROUTES: Readonly<Record<string, readonly string[]>> = {
    'reset links': [
      'auth/password/reset/request',
      '/auth/request-password-reset',
      '/api/auth/password/reset/request',
    ],
    'verification links': [
      'auth/email/verification/request',
      '/api/auth/email/verification/request',
    ],
  };

  attack.each(Object.keys(ROUTES))(
    'CWE-799 (mail bombing): three %s an hour, from wherever and however spelled',
    async (what) => {
      const { email } = await newPerson(target);
      const spellings = [email, email.toUpperCase(), ` ${email}\t`, email.replace('a', 'A')];
      const ask = (n: number) => {
        const routes = ROUTES[what]!;
        const body = { email: spellings[n % spellings.length] };
        return target.client().post(routes[n % routes.length]!, body);
      };
      for (let n = 0; n < MAILS; n++) expect((await ask(n)).status).toBe(200);
      for (let n = MAILS; n < MAILS + 6; n++) expectProblem(await ask(n), 429, 'rate_limited');
    },
  );

  attack('CWE-799 (mail bombing): of thirty requests at once three are taken', async () => {
    const { email } = await newPerson(target);
    const answers = await Promise.all(
      Array.from({ length: 30 }, () =>
        target.client().post('auth/password/reset/request', { email }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(MAILS);
  });

  attack('CWE-799 (mail bombing): three links to a new address an hour, whoever asks', async () => {
    const { email } = newcomer();
    for (let n = 0; n < MAILS + 2; n++) {
      const { person, tokens } = await signedIn(target);
      const body = { new_email: email, password: person.password };
      const { access_token: token } = tokens;
      const answer = await target.client().post('auth/email/change', body, { token });
      expect(answer.status).toBe(n < MAILS ? 200 : 429);
    }
  });

  attack('CWE-645: who used up somebody’s reset links has not voided those they have', async () => {
    const person = await newPerson(target);
    const ask = () => target.client().post('auth/password/reset/request', { email: person.email });
    for (let n = 0; n < MAILS + 2; n++) await ask();
    const token = linkTokenIn(await waitForMail(target, person.email, /^Reset/));
    const body = { token, new_password: newPassword() };
    expect((await target.client().post('auth/password/reset/confirm', body)).status).toBe(200);
  });
});

describe('brute force: one session', () => {
  attack('CWE-799: thirty refreshes a minute, from wherever', async () => {
    const { tokens } = await signedIn(target);
    let { refresh_token } = tokens;
    for (let n = 0; n < 30; n++) {
      const path = ['auth/refresh', '/auth/refresh', '/api/auth/refresh'][n % 3]!;
      const { status, body } = await target.client().post(path, { refresh_token });
      expect(status).toBe(200);
      ({ refresh_token } = body);
    }
    expectProblem(
      await target.client().post('auth/refresh', { refresh_token }),
      429,
      'rate_limited',
    );
    const form = { grant_type: 'refresh_token', refresh_token };
    const answer = await target.client().call('POST', '/auth/token', { form });
    expectProblem(answer, 429, 'rate_limited');
  });
});
