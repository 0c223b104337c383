import { headerOf } from './jws-header';

const jws = (...parts: readonly unknown[]): string =>
  parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

describe('headerOf', () => {
  it('reads what a token of ours says of itself', () => {
    const header = { alg: 'HS256', typ: 'JWT', kid: 'x' };
    expect(headerOf(`${jws(header, { sub: 'ada' })}.signature`)).toEqual(header);
  });

  it.each([['exp'], [], 'exp', null, 0])('takes none with a critical extension: %j', (crit) => {
    expect(headerOf(`${jws({ alg: 'HS256', crit }, { sub: 'ada' })}.signature`)).toBeNull();
  });

  it.each([null, 1, 'claims', [], [{ sub: 'ada' }], {}])('takes no claims like %j', (claims) => {
    expect(headerOf(`${jws({ alg: 'HS256' }, claims)}.signature`)).toBeNull();
  });

  it.each(['', '.', '..', 'eyJ', 'eyJ.eyJ', 'eyJ.eyJ.x', `${jws('x', {})}.x`, `${jws([])}.eyJ`])(
    'takes nothing that is no token: %j',
    (text) => {
      expect(headerOf(text)).toBeNull();
    },
  );
});
