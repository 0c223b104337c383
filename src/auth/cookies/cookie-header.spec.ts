import { cookieIn, renderCookie } from './cookie-header';

describe('cookieIn', () => {
  it.each([
    ['a=1', '1'],
    ['b=2; a=1', '1'],
    ['b=2;a=1', '1'],
    ['b=2; \t a=1;', '1'],
    ['a=1=2', '1=2'],
    ['aa=3; a=1; xa=2', '1'],
    ['__proto__=x; constructor=y; a=%zz', '%zz'],
  ])('finds a in %j', (header, value) => {
    expect(cookieIn(header, 'a')).toBe(value);
  });

  it.each([undefined, '', ';', '=', '=a=1', 'a', 'a=', 'a ; =1', 'A=1', 'b="a=1"', ';;;=;a;=a'])(
    'finds none in %j',
    (header) => {
      expect(cookieIn(header, 'a')).toBeNull();
    },
  );

  it('takes neither of two with one name, for a sibling domain may have planted one', () => {
    expect(cookieIn('a=1; b=2; a=3', 'a')).toBeNull();
    expect(cookieIn('a=1; a=1', 'a')).toBeNull();
  });

  it('takes no name that is only ours once odd spaces are cut off', () => {
    for (const space of ['\u00a0', '\u0085', '\v', '\f', '\r', '\n', '\u00c2\u00a0'])
      expect(cookieIn(`${space}a=1`, 'a')).toBeNull();
  });

  it('reads sixteen kilobytes of anything without delay', () => {
    const start = performance.now();
    for (const filler of [';', ' ', '\t', 'a', '=', 'a=;', '; a'])
      cookieIn(filler.repeat(16_384), 'a');
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('renderCookie', () => {
  const attributes = { path: '/', maxAgeSeconds: 60, isHttpOnly: true, isSecure: true };

  it('names every attribute', () => {
    expect(renderCookie('a', '1', attributes)).toBe(
      'a=1; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax',
    );
  });

  it('rounds up to whole seconds, for 0 deletes', () => {
    const brief = { path: '/', maxAgeSeconds: 0.2, isHttpOnly: false, isSecure: false };
    expect(renderCookie('a', '1', brief)).toBe('a=1; Path=/; Max-Age=1; SameSite=Lax');
  });
});
