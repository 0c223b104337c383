import { createHash } from 'node:crypto';
import type { AppConfig } from '../../config/app-config';
import { FlowCookies } from './flow-cookies';

const cookiesAt = (backendUrl: string): FlowCookies =>
  new FlowCookies({ addresses: { backendUrl } } as AppConfig);

const plain = cookiesAt('http://localhost:8000');
const secure = cookiesAt('https://auth.example.com/sso');

/** What its cookie is called behind the prefix. */
const digestOf = (state: string): string =>
  createHash('sha256').update(state).digest('base64url').slice(0, 16);

/** What a browser keeps of a Set-Cookie line. */
const pairOf = (line: string): string => line.split(';')[0]!;

describe('a flow that begins', () => {
  it('leaves one cookie for ten minutes', () => {
    expect(plain.begin('one', 'SEALED', undefined)).toEqual([
      `gatehouse_oauth_${digestOf('one')}=SEALED; Path=/; Max-Age=600; HttpOnly; SameSite=Lax`,
    ]);
  });

  it('leaves one that only this host over TLS can have set, where there is TLS', () => {
    expect(secure.begin('one', 'SEALED', undefined)).toEqual([
      `__Host-gatehouse_oauth_${digestOf('one')}=SEALED; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax`,
    ]);
  });

  it('has a cookie of its own, so that tabs do not disturb each other', () => {
    const [one, two] = ['one', 'two'].map((state) => pairOf(plain.begin(state, 'S', '')[0]!));
    expect(one).not.toBe(two);
  });

  it('does not have its state in the name', () => {
    const state = 'a-state-that-is-a-secret';
    expect(plain.begin(state, 'S', '').join()).not.toContain(state);
  });
});

describe('a flow that comes back', () => {
  const tabs = ['one', 'two', 'three'].map((state) => pairOf(plain.begin(state, state, '')[0]!));
  const header = ['theme=dark', ...tabs, 'gatehouse_access=eyJ'].join('; ');

  it.each(['one', 'two', 'three'])('is found by its state %s among others', (state) => {
    expect(plain.find(state, header)).toBe(state);
  });

  it.each([undefined, '', 'theme=dark', 'gatehouse_oauth_=x', `gatehouse_oauth_${digestOf('x')}=`])(
    'is not found in %j',
    (cookieHeader) => {
      expect(plain.find('x', cookieHeader)).toBeNull();
    },
  );

  it.each(['', 'four', 'One', ' one', 'one '])('is not found by the state %j', (state) => {
    expect(plain.find(state, header)).toBeNull();
  });

  it('is not found by the name of the other scheme, nor twice', () => {
    const [line] = secure.begin('one', 'sealed', '');
    expect(secure.find('one', pairOf(line!))).toBe('sealed');
    expect(secure.find('one', pairOf(line!).replace('__Host-', ''))).toBeNull();
    expect(plain.find('one', pairOf(line!))).toBeNull();
    expect(secure.find('one', `${pairOf(line!)}; ${pairOf(line!)}`)).toBeNull();
  });
});

describe('a flow that is over', () => {
  it('takes its own cookie away, and no other', () => {
    expect(plain.end('one')).toBe(
      `gatehouse_oauth_${digestOf('one')}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`,
    );
    expect(secure.end('one')).toBe(
      `__Host-gatehouse_oauth_${digestOf('one')}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax`,
    );
  });
});

describe('many tabs', () => {
  const headerOf = (states: readonly string[], cookies = plain): string =>
    states.map((state) => pairOf(cookies.begin(state, 'S', '')[0]!)).join('; ');
  const namesIn = (lines: readonly string[]) =>
    lines.map((line) => `${pairOf(line).split('=')[0]} ${/Max-Age=\d+/.exec(line)![0]}`);

  it('are four at once', () => {
    const header = headerOf(['1', '2', '3']);
    expect(plain.begin('4', 'S', `a=b; ${header}; c=d`)).toHaveLength(1);
  });

  it.each([plain, secure])('beyond that are forgotten, but the newest', (cookies) => {
    const [own] = cookies.begin('5', 'S', undefined);
    const header = `a=b; ${headerOf(['1', '2', '3', '4'], cookies)}; c=d`;
    const lines = cookies.begin('5', 'S', header);
    expect(lines[0]).toBe(own);
    expect(lines.slice(1)).toEqual(['1', '2', '3', '4'].map((state) => cookies.end(state)));
  });

  it('are forgotten all, however many there are', () => {
    const states = Array.from({ length: 40 }, (_, n) => String(n));
    expect(namesIn(plain.begin('new', 'S', headerOf(states)))).toEqual([
      `gatehouse_oauth_${digestOf('new')} Max-Age=600`,
      ...states.map((state) => `gatehouse_oauth_${digestOf(state)} Max-Age=0`),
    ]);
  });

  it('are told from cookies that are not of flows', () => {
    const others = [
      'gatehouse_access',
      'gatehouse_csrf',
      'xgatehouse_oauth_1',
      'GATEHOUSE_OAUTH_2',
    ];
    const header = [...others, ...others, '__Host-gatehouse_oauth_3'].join('=1; ');
    expect(plain.begin('new', 'S', header)).toHaveLength(1);
  });

  it('with names that no Set-Cookie could hold are not echoed', () => {
    const odd = ['a,b', 'a"b', 'a b', 'a\tb', 'a\u0080b', 'a(b'].map(
      (tail) => `gatehouse_oauth_${tail}=1`,
    );
    const header = `${headerOf(['1', '2', '3', '4'])}; ${odd.join('; ')}`;
    for (const line of plain.begin('new', 'S', header))
      expect(line).toMatch(/^gatehouse_oauth_[\w-]{16}=/);
  });
});
