import { EncryptJWT } from 'jose';
import { FixedClock } from '../../../test/support/fixed-clock';
import type { AppConfig } from '../../config/app-config';
import { derivedKey } from '../../tokens/signing-keys';
import type { Flow } from './flow';
import { FlowCookies } from './flow-cookies';
import { FlowSeal } from './flow-seal';

const SECRET = 'a-key-for-tests-that-is-long-enough-to-seal-with';

const cookies = new FlowCookies({
  addresses: { backendUrl: 'https://auth.example.com' },
} as AppConfig);

let clock: FixedClock;
let seal: FlowSeal;
let flow: Flow;
beforeEach(() => {
  clock = new FixedClock();
  seal = sealWith(SECRET);
  flow = {
    id: '0f8fad5b-d9cb-469f-a165-70867728950e',
    provider: 'google',
    state: 'a-state-that-is-a-secret',
    nonce: 'a-nonce-that-is-a-secret',
    codeVerifier: 'a-verifier-that-is-a-secret',
    redirectTo: 'http://localhost:3000/welcome?x=1#here',
    linker: { userId: 'ada', sessionId: 'session' },
    expiresAt: clock.inSeconds(600),
  };
});

const sealWith = (secretKey: string): FlowSeal =>
  new FlowSeal({ tokens: { secretKey } } as AppConfig, clock);

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as another part of the service might encrypt one. */
function encrypted({
  key = derivedKey(SECRET, 'oauth flow'),
  audience = 'gatehouse oauth flow',
  header = { alg: 'dir', enc: 'A256GCM' },
  expires = true,
}): Promise<string> {
  const { expiresAt, ...rest } = flow;
  const jwt = new EncryptJWT({ flow: rest }).setProtectedHeader(header);
  if (audience) jwt.setAudience(audience);
  if (expires) jwt.setExpirationTime(expiresAt);
  return jwt.encrypt(key);
}

describe('a sealed flow', () => {
  it('opens to what was sealed', async () => {
    await expect(seal.open(await seal.seal(flow))).resolves.toEqual(flow);
    const signIn = { ...flow, linker: null, redirectTo: null };
    await expect(seal.open(await seal.seal(signIn))).resolves.toEqual(signIn);
  });

  it('opens in another process with the same key', async () => {
    await expect(sealWith(SECRET).open(await seal.seal(flow))).resolves.toEqual(flow);
  });

  it('is a JWE that shows nothing', async () => {
    const sealed = await seal.seal(flow);
    expect(sealed).toMatch(/^[\w-]+\.\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/);
    const [header] = sealed.split('.');
    expect(JSON.parse(Buffer.from(header!, 'base64url').toString())).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
    });
    const bytes = Buffer.from(sealed, 'base64url').toString('latin1');
    for (const secret of [flow.state, flow.nonce, flow.codeVerifier, 'google', 'ada'])
      expect(sealed + bytes).not.toContain(secret);
  });

  it('fits a cookie with everything in it at its longest', async () => {
    const secret = 'x'.repeat(43);
    const uuid = flow.id;
    const longest = {
      ...flow,
      provider: 'x'.repeat(31),
      state: secret,
      nonce: secret,
      codeVerifier: secret,
      redirectTo: 'x'.repeat(2048),
      linker: { userId: uuid, sessionId: uuid },
    };
    const [cookie] = cookies.begin(secret, await seal.seal(longest), undefined);
    expect(cookie!.length).toBeLessThan(4096);
  });

  it('is never the same twice', async () => {
    expect(await seal.seal(flow)).not.toBe(await seal.seal(flow));
  });

  it.each([
    [0, true],
    [599, true],
    [600, false],
    [601, false],
    [86_400, false],
  ])('after %d seconds opens: %s', async (seconds, opens) => {
    const sealed = await seal.seal(flow);
    clock.advance({ seconds });
    await expect(seal.open(sealed)).resolves.toEqual(opens ? flow : null);
  });
});

describe('anything else', () => {
  it('sealed with another key does not open', async () => {
    await expect(sealWith(`${SECRET}!`).open(await seal.seal(flow))).resolves.toBeNull();
  });

  it('with one character changed does not open, whichever it is', async () => {
    const sealed = await seal.seal(flow);
    for (let at = 0; at < sealed.length; at++) {
      // Not the next letter: the last of a part has bits that mean nothing.
      const changed = sealed[at] === '.' ? '_' : another(sealed[at]!);
      const forged = sealed.slice(0, at) + changed + sealed.slice(at + 1);
      expect([at, await seal.open(forged)]).toEqual([at, null]);
    }
  });

  it('cut, lengthened or put together does not open', async () => {
    const [one, two] = [await seal.seal(flow), await seal.seal({ ...flow, provider: 'discord' })];
    const [a, b] = [one.split('.'), two.split('.')];
    const mixed = [2, 3, 4].map((part) => a.map((text, at) => (at === part ? b[at] : text)));
    const forged = [one.slice(0, -1), `${one}A`, ...mixed.map((parts) => parts.join('.'))];
    for (const text of [...forged, `${one}.`, `${one}.${two}`, a.slice(0, 4).join('.')])
      expect(await seal.open(text)).toBeNull();
  });

  it('that this service could not have sealed does not open', async () => {
    await expect(seal.open(await encrypted({}))).resolves.toEqual(flow);
    const others = {
      'another audience': await encrypted({ audience: 'gatehouse' }),
      'no audience': await encrypted({ audience: '' }),
      'no expiry': await encrypted({ expires: false }),
      'another purpose': await encrypted({ key: derivedKey(SECRET, 'token access') }),
      'another cipher': await encrypted({
        header: { alg: 'dir', enc: 'A128CBC-HS256' },
      }),
      'a wrapped key': await encrypted({ header: { alg: 'A256KW', enc: 'A256GCM' } }),
      'a key wrapped by GCM': await encrypted({ header: { alg: 'A256GCMKW', enc: 'A256GCM' } }),
    };
    for (const [what, sealed] of Object.entries(others))
      expect([what, await seal.open(sealed)]).toEqual([what, null]);
  });

  it.each([
    '',
    '.',
    '....',
    'null',
    'undefined',
    '{}',
    'x'.repeat(4096),
    `${base64({ alg: 'none' })}.${base64({ flow: {} })}.`,
    `${base64({ alg: 'dir', enc: 'A256GCM' })}....`,
    `${base64({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', p2c: 2_000_000_000, p2s: 'x' })}.AA.AA.AA.AA`,
    `${base64({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA`,
  ])('like %j does not open', async (text) => {
    await expect(seal.open(text)).resolves.toBeNull();
  });
});

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Differs in the upper two of the six bits of a base64url letter, which are never padding. */
const another = (letter: string): string => LETTERS[LETTERS.indexOf(letter) ^ 0b110000]!;
