import { allowedTarget } from './redirect-targets';

const ALLOWED = [
  'http://localhost:3000',
  'https://app.example.com/app',
  'https://alt.example.com:8443/cb/',
  'http://[::1]:5173/dev',
];

const target = (given: string): string | null => allowedTarget(given, ALLOWED)?.href ?? null;

describe('a target at or beneath an allowed place', () => {
  it.each([
    ['http://localhost:3000', 'http://localhost:3000/'],
    ['http://localhost:3000/', 'http://localhost:3000/'],
    ['http://localhost:3000/welcome', 'http://localhost:3000/welcome'],
    ['http://localhost:3000/a/b/c.html', 'http://localhost:3000/a/b/c.html'],
    ['http://localhost:3000?tab=1', 'http://localhost:3000/?tab=1'],
    ['http://localhost:3000/#top', 'http://localhost:3000/#top'],
    ['http://localhost:3000/a?x=1&y=%2F%20z#/route?q=1', null],
    ['http://localhost:3000/a?next=https://evil.example/', null],
    ['http://localhost:3000/a%2Fb', null],
    ['http://localhost:3000/%F0%9F%92%A9', null],
    ["http://localhost:3000/~ada/(1),*;=:@!$&'+_.-", null],
    ['http://localhost:3000/a[0]', null],
    ['HTTP://LOCALHOST:3000/Path', 'http://localhost:3000/Path'],
    ['https://app.example.com/app', null],
    ['https://app.example.com/app/', null],
    ['https://app.example.com/app?x', null],
    ['https://app.example.com/app#x', null],
    ['https://app.example.com/app/deep/er', null],
    ['https://app.example.com/app//double', null],
    ['https://app.example.com:443/app', 'https://app.example.com/app'],
    ['https://app.example.com/other/../app/x', 'https://app.example.com/app/x'],
    ['https://app.example.com/app/a/../b', 'https://app.example.com/app/b'],
    ['https://alt.example.com:8443/cb', null],
    ['https://alt.example.com:8443/cb/', null],
    ['https://alt.example.com:8443/cb/done', null],
    ['http://[::1]:5173/dev/x', null],
  ])('%s is taken', (given, href) => {
    expect(target(given)).toBe(href ?? given);
  });

  it('keeps its own query and fragment', () => {
    const url = allowedTarget('http://localhost:3000/a?x=1&x=2#here', ALLOWED)!;
    expect([url.search, url.hash]).toEqual(['?x=1&x=2', '#here']);
  });
});

describe('anything else', () => {
  it.each([
    // Another scheme, host or port.
    'https://localhost:3000/',
    'http://localhost/',
    'http://localhost:3001/',
    'http://localhost:30000/',
    'http://127.0.0.1:3000/',
    'http://[::1]:3000/',
    'http://app.example.com/app',
    'https://app.example.com:8443/app',
    'https://alt.example.com/cb',
    'https://evil.example/',
    'https://example.com/app',
    'https://evil.app.example.com/app',
    'https://app.example.com.evil.example/app',
    'https://app.example.com./app',
    'https://appxexample.com/app',
    'https://app.example.comx/app',
    // Another place of an allowed host.
    'https://app.example.com',
    'https://app.example.com/',
    'https://app.example.com/App',
    'https://app.example.com/application',
    'https://app.example.com/app.evil',
    'https://app.example.com/app;x',
    'https://app.example.com/ap',
    'https://app.example.com/other/app',
    'https://app.example.com//app',
    'https://app.example.com/?/app/',
    'https://app.example.com/#/app/',
    'https://app.example.com/app/..',
    'https://app.example.com/app/../admin',
    'https://app.example.com/app/%2e%2e/admin',
    'https://app.example.com/app/.%2E/admin',
    'https://app.example.com/app/x/../../admin',
    'https://app.example.com/app/..%2fadmin',
    'https://app.example.com/app/..%5cadmin',
    'https://app.example.com/app%2F..%2Fadmin',
    'https://alt.example.com:8443/cbx',
    'https://alt.example.com:8443/',
    'http://[::1]:5173/',
    // User info, which makes of a host a name.
    'http://localhost:3000@evil.example/',
    'http://localhost:3000:x@evil.example/',
    'http://ada@localhost:3000/',
    'http://ada:pw@localhost:3000/',
    'http://:pw@localhost:3000/',
    'http://evil.example#@localhost:3000/',
    'http://evil.example?@localhost:3000/',
    // What parsers read in more than one way.
    'http://localhost:3000\\@evil.example/',
    'http:\\\\localhost:3000/',
    'http://localhost:3000/\\evil.example',
    'http://evil.example\\@localhost:3000/',
    ' http://localhost:3000/',
    'http://localhost:3000/ ',
    'http://localhost:3000/a b',
    'http://localhost:3000/\ta',
    'ht\ntp://localhost:3000/',
    'http://localhost:3000/\r\nSet-Cookie: a=1',
    'http://localhost:3000/\n',
    'http://localhost:3000/\0',
    'http://local\u00adhost:3000/',
    'http://localhost：3000/',
    'http://ｌocalhost:3000/',
    'http://localhost:3000/ü',
    'http://localhost:3000/\u202eevil',
    'http://localhost:3000/"',
    'http://localhost:3000/<script>',
    'http://localhost:3000/`',
    'http://localhost:3000/{x}',
    'http://localhost:3000/a|b',
    'http://localhost:3000/^',
    'http:localhost:3000/',
    'http:/localhost:3000/',
    'http://',
    'http://:3000/',
    'http://localhost:x/',
    'http://localhost:99999/',
    'http://[::1/',
    'http://%6cocalhost%3a3000/',
    // No URL, or not of the web.
    '',
    '/',
    '/welcome',
    '//localhost:3000/',
    '///localhost:3000/',
    'localhost:3000',
    'localhost:3000/welcome',
    '?x',
    '#x',
    'null',
    'javascript:alert(1)',
    'JavaScript://localhost:3000/%0aalert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://localhost:3000/',
    'ws://localhost:3000/',
    'blob:http://localhost:3000/x',
    'view-source:http://localhost:3000/',
    'myapp://callback',
  ])('like %j is refused', (given) => {
    expect(target(given)).toBeNull();
  });

  it('is refused where the cookie that carries it would be too long for browsers', () => {
    const start = 'http://localhost:3000/?';
    const [longest, apostrophes] = ['x'.repeat(2048 - start.length), "'".repeat(700)];
    expect(target(start + longest)).toBe(start + longest);
    expect(target(`${start}${longest}x`)).toBeNull();
    expect(target(start + apostrophes)).toBeNull();
  });

  it('is refused where nothing is allowed', () => {
    expect(allowedTarget('http://localhost:3000/', [])).toBeNull();
  });

  it('is refused without delay, however long', () => {
    const start = performance.now();
    for (const filler of ['/', '.', '%2e', '@', ':', '[', '../', 'a'])
      target(`http://localhost:3001/${filler.repeat(16_384)}`);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
