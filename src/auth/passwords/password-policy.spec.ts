import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { OutboundHttp } from '../../common/http/outbound-http';
import type { AppConfig } from '../../config/app-config';
import { Telemetry } from '../../telemetry/telemetry';
import { BreachedPasswords } from './breached-passwords';
import { PasswordPolicy } from './password-policy';
import { WeakPasswordError } from './passwords.errors';

class ImpatientHttp extends OutboundHttp {
  protected override readonly timeoutSeconds = 0.2;
}

const OFF = { minStrength: 0, requireClasses: false, checkBreached: false, breachedUrl: '' };
const OWNER = { username: 'ada.lovelace', email: 'ada@example.com' };

function policyWith(settings: Partial<AppConfig['passwords']>): PasswordPolicy {
  const config = { passwords: { ...OFF, ...settings } } as AppConfig;
  const breached = new BreachedPasswords(config, new ImpatientHttp(), new Telemetry());
  const policy = new PasswordPolicy(config, breached);
  policy.onModuleInit();
  return policy;
}

/** What a refusal advises; nothing when the password is taken. */
async function adviceOf(policy: PasswordPolicy, password: string, about = {}): Promise<string[]> {
  try {
    await policy.check(password, about);
    return [];
  } catch (error) {
    if (!(error instanceof WeakPasswordError)) throw error;
    return error.errors.map(({ detail }) => detail);
  }
}

afterEach(() => jest.restoreAllMocks());

describe('PasswordPolicy by default', () => {
  const policy = policyWith({});
  const short = 'Use at least 8 characters.';
  const long = 'Use at most 128 characters.';

  it.each([
    ['', [short]],
    ['1234567', [short]],
    ['12345678', []],
    ['😀'.repeat(7), [short]],
    ['😀'.repeat(8), []],
    ['        ', []],
    ['密碼密碼密碼密碼', []],
    ['x'.repeat(128), []],
    ['x'.repeat(129), [long]],
    ['😀'.repeat(128), []],
    ['😀'.repeat(129), [long]],
  ])('counts code points: %j', async (password, advice) => {
    await expect(adviceOf(policy, password, OWNER)).resolves.toEqual(advice);
  });

  it.each([
    ['ada.lovelace', ['Use something other than your username.']],
    ['ADA.Lovelace', ['Use something other than your username.']],
    ['Ada@Example.com', ['Use something other than your e-mail address.']],
    ['ada.lovelace1', []],
    [' ada.lovelace', []],
  ])('refuses what the whole world knows of the owner: %j', async (password, advice) => {
    await expect(adviceOf(policy, password, OWNER)).resolves.toEqual(advice);
  });

  it('refuses an address in another normal form', async () => {
    const about = { email: 'zo\u00eb@example.com' };
    await expect(adviceOf(policy, 'zoe\u0308@example.com', about)).resolves.toHaveLength(1);
  });

  it('does without username and address', async () => {
    await expect(adviceOf(policy, 'whatever')).resolves.toEqual([]);
    await expect(adviceOf(policy, 'whatever', { email: null })).resolves.toEqual([]);
  });

  it('is a DomainError that points at the field and never repeats the password', async () => {
    const refusal = policy.check('tiny', {}, '/new_password');
    await expect(refusal).rejects.toMatchObject({
      code: 'weak_password',
      message: 'Choose another password. Use at least 8 characters.',
      errors: [{ pointer: '/new_password', detail: 'Use at least 8 characters.' }],
    });
    await expect(policy.check('tiny', {})).rejects.toMatchObject({
      errors: [{ pointer: '/password' }],
    });
  });
});

describe('PasswordPolicy that requires classes', () => {
  const policy = policyWith({ requireClasses: true });

  it.each([
    ['Abcdef1!', []],
    ['Passwörd 1', []],
    ['ΣΊΣΥΦΟΣ-σ1', []],
    ['Ж-ж-٣-password', []],
    ['abcdefgh', ['Add an upper-case letter, a digit, and a symbol.']],
    ['ABCDEFG1', ['Add a lower-case letter and a symbol.']],
    ['Abcdefg!', ['Add a digit.']],
    ['Abcdefg1', ['Add a symbol.']],
    ['Abcdefg1 ', []],
    ['密碼密碼密碼密碼', ['Add an upper-case letter, a lower-case letter, and a digit.']],
  ])('names what %j lacks', async (password, advice) => {
    await expect(adviceOf(policy, password)).resolves.toEqual(advice);
  });

  it('reports all cheap failures together', async () => {
    await expect(adviceOf(policy, 'Ada', { username: 'ada' })).resolves.toEqual([
      'Use at least 8 characters.',
      'Use something other than your username.',
      'Add a digit and a symbol.',
    ]);
  });
});

describe('PasswordPolicy with a least strength', () => {
  const policy = policyWith({ minStrength: 3 });

  it.each([
    ['password', /^It is too easy to guess\. This is a heavily used password\. Add more words/],
    ['P@ssw0rd1!', /^It is too easy to guess\. .*substitutions/],
    ['aaaaaaaaaaaa', /Repeated characters like "aaa" are easy to guess\./],
    ['ada.lovelace1', /personal/],
    ['ada@example.com1', /personal/],
  ])('refuses %j and says why', async (password, advice) => {
    await expect(adviceOf(policy, password, OWNER)).resolves.toEqual([
      expect.stringMatching(advice),
    ]);
  });

  it.each(['correct horse battery staple', 'x7#Kq9!vLm2$Rt', '密碼馬電池正確釘書機'])(
    'takes %j',
    async (password) => expect(adviceOf(policy, password, OWNER)).resolves.toEqual([]),
  );

  it('has advice where zxcvbn has none', async () => {
    // Score 3, for which zxcvbn is silent.
    await expect(adviceOf(policyWith({ minStrength: 4 }), 'пароль123')).resolves.toEqual([
      'It is too easy to guess. Make it longer, or add more words that are less common.',
    ]);
  });

  it.each([1, 2, 3, 4])('refuses the worst at least strength %d', async (minStrength) => {
    await expect(adviceOf(policyWith({ minStrength }), '12345678')).resolves.toHaveLength(1);
  });

  it('is not kept busy by 128 characters of everything', async () => {
    const printable = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).join('');
    const startedAt = performance.now();
    await adviceOf(policy, (printable + printable).slice(0, 128));
    // Some 30 ms; 1,300 without the bounds.
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe('PasswordPolicy that checks breaches', () => {
  const sha1 = createHash('sha1').update('Tr0ub4dor & 3').digest('hex').toUpperCase();
  const [prefix, rest] = [sha1.slice(0, 5), sha1.slice(5)];
  const other = 'A'.repeat(35);
  const breached = [expect.stringContaining('known from data breaches')];

  let server: Server;
  let answer: RequestListener;
  let seen: IncomingMessage[];
  let policy: PasswordPolicy;
  let warn: jest.SpyInstance;

  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(request);
      answer(request, response);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    policy = policyWith({ checkBreached: true, breachedUrl: `http://127.0.0.1:${port}/range` });
  });

  beforeEach(() => {
    seen = [];
    warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  const answering = (text: string, status = 200): void => {
    answer = (_, response) => response.writeHead(status).end(text);
  };

  it('sends five characters of the hash and asks for padding', async () => {
    answering(`${other}:3\r\n`);
    await expect(adviceOf(policy, 'Tr0ub4dor & 3')).resolves.toEqual([]);
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET /range/${prefix}`]);
    expect(seen[0]?.headers['add-padding']).toBe('true');
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([
    ['once', `${other}:3\r\n${rest}:1\r\n`, breached],
    ['often, on the last line', `${other}:3\n${rest}:9999999`, breached],
    ['in lower case', `${rest.toLowerCase()}:2`, breached],
    ['only as padding', `${other}:3\r\n${rest}:0\r\n`, []],
    ['with another hash', `${other}:3\r\n`, []],
  ])('decides for a password seen %s', async (_, body, advice) => {
    answering(body);
    await expect(adviceOf(policy, 'Tr0ub4dor & 3')).resolves.toEqual(advice);
    expect(warn).not.toHaveBeenCalled();
  });

  it.each<[string, RequestListener]>([
    ['a 500', (_, response) => response.writeHead(500).end(`${rest}:1`)],
    ['a 429', (_, response) => response.writeHead(429).end()],
    ['a redirect', (_, response) => response.writeHead(302, { location: '/' }).end()],
    ['a page', (_, response) => response.end('<html>Welcome to the hotel Wi-Fi</html>')],
    ['nothing', (_, response) => response.end()],
    ['no answer in time', () => {}],
    ['a closed connection', (request) => request.socket.destroy()],
  ])('fails open on %s, with one warning that gives nothing away', async (_, listener) => {
    answer = listener;
    await expect(adviceOf(policy, 'Tr0ub4dor & 3')).resolves.toEqual([]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(warn.mock.calls)).not.toMatch(new RegExp(`Tr0ub|${prefix}`));
  });

  it('does not ask about a password that is refused anyway', async () => {
    answering(`${other}:3`);
    await expect(adviceOf(policy, 'short')).resolves.toHaveLength(1);
    expect(seen).toEqual([]);
  });
});
