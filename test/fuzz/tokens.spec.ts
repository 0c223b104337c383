import { JwtService } from '@nestjs/jwt';
import * as fc from 'fast-check';
import { SystemRandom } from '../../src/common/random/random';
import type { AppConfig } from '../../src/config/app-config';
import { loadConfig } from '../../src/config/env';
import { AccessTokenKeys } from '../../src/tokens/access-token-keys';
import { CsrfTokens } from '../../src/tokens/csrf-tokens';
import type { KeyRing } from '../../src/tokens/keys/key-ring';
import { SigningKeys } from '../../src/tokens/signing-keys';
import type { TokenClaims, TokenType } from '../../src/tokens/token-claims';
import { digestOf, isDigestOf, TokensService } from '../../src/tokens/tokens.service';
import { FixedClock } from '../support/fixed-clock';
import { sign } from '../support/forge';
import { anyJson, anyText, forAll, forAllAsync, mutated } from '../support/fuzz';

const config: AppConfig = loadConfig({
  NODE_ENV: 'test',
  SECRET_KEY: 'a-key-for-tests-that-is-long-enough-to-sign-with',
});
const clock = new FixedClock();
const keys = new SigningKeys(config);
/** SECRET_KEY signs: there are no others. */
const NO_RING = {
  signer: () => null,
  signsSince: () => null,
  find: () => Promise.resolve(null),
} as unknown as KeyRing;
const tokens = new TokensService(
  new JwtService({}),
  keys,
  new AccessTokenKeys(config, keys, NO_RING, clock),
  config,
  clock,
  new SystemRandom(),
);

const uuid = fc.uuid();
const text = anyText().filter((one) => one !== '');
const CLAIMS: { readonly [T in TokenType]: fc.Arbitrary<TokenClaims[T]> } = {
  access: fc.record({ sub: uuid, sid: uuid, role: text }),
  refresh: fc.record({ sub: uuid, sid: uuid }),
  email_verification: fc.record({ sub: uuid, bound: text }),
  password_reset: fc.record({ sub: uuid, bound: text }),
  email_change: fc.record({ sub: uuid, sid: uuid, email: text, bound: text }),
};
const TYPES = Object.keys(CLAIMS) as TokenType[];
const type = fc.constantFrom(...TYPES);
const issued = type.chain((of) =>
  fc.record({ of: fc.constant(of), claims: CLAIMS[of], lives: fc.integer({ min: 1, max: 1e6 }) }),
);

const issue = ({ of, claims, lives }: { of: TokenType; claims: object; lives: number }): string =>
  tokens.issue(of, claims as never, { expiresAt: clock.inSeconds(lives) });

const verify = async (of: TokenType, token: string): Promise<object | null> =>
  of === 'access' ? tokens.verifyAccess(token) : tokens.verify(of, token);

describe('a token', () => {
  it('of any type says what it was issued with, and is nothing to any other type', async () => {
    await forAllAsync([issued], async (wanted) => {
      const token = issue(wanted);
      const verified = await Promise.all(TYPES.map((of) => verify(of, token)));
      const whole = expect.objectContaining(wanted.claims);
      expect(verified).toEqual(TYPES.map((of) => (of === wanted.of ? whole : null)));
    });
  });

  it('with anything in it changed is none', async () => {
    const change = fc.record({
      kind: fc.nat(3),
      at: fc.oneof(fc.nat(), fc.constant(Infinity)),
      by: fc.oneof(anyText(5), fc.constantFrom('.', ' ', '\n', '.x')),
    });
    await forAllAsync([issued, issued, change], async (one, other, { kind, at, by }) => {
      const [genuine, second] = [issue(one), issue(other)];
      const parts = genuine.split('.');
      const position = at === Infinity ? genuine.length : at % genuine.length;
      const part = at === Infinity ? 0 : at % 3;
      const forged = [
        genuine.slice(0, position) + by + genuine.slice(position),
        genuine.slice(0, position) + by + genuine.slice(position + 1),
        parts.with(part, second.split('.')[part]!).join('.'),
        parts.with(part, '').join('.'),
      ][kind]!;
      fc.pre(forged !== genuine && forged !== second);
      expect(await verify(one.of, forged)).toBeNull();
    });
  });

  it('that lives until a moment is good before it and not from then on', async () => {
    await forAllAsync([issued, fc.integer({ min: -2, max: 2 })], async ({ of, claims }, lives) => {
      const token = issue({ of, claims, lives });
      expect((await verify(of, token)) !== null).toBe(lives > 0);
    });
  });

  it('is not any text, with or without the form of one', async () => {
    const part = fc.stringMatching(/^[\w-]{0,12}$/);
    const jwt = fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('.'));
    const header = fc
      .tuple(anyJson(), anyJson())
      .map((parts) => parts.map((one) => Buffer.from(JSON.stringify(one)).toString('base64url')));
    const forged = header.map((parts) => `${parts.join('.')}.AAAA`);
    await forAllAsync([type, fc.oneof(jwt, forged, anyText(80))], async (of, guess) => {
      expect(await verify(of, guess)).toBeNull();
    });
  });
});

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

interface Named {
  readonly sub?: string;
  readonly type?: string;
  readonly jti?: string;
}

const signed = (of: TokenType, payload: unknown): string => sign(payload, keys.of(of).sign);

describe('a payload that the right key signed', () => {
  const registered = {
    iss: config.tokens.issuer,
    aud: 'gatehouse',
    jti: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
    iat: clock.nowSeconds(),
    exp: clock.nowSeconds() + 60,
  };
  const spoilt = fc
    .tuple(issued, fc.oneof(fc.constantFrom(...Object.keys(registered), 'type'), anyText(5)))
    .chain(([{ of, claims }, name]) =>
      fc.oneof(anyJson(), fc.constant(undefined)).map((value) => ({
        of,
        payload: { ...registered, type: of, ...claims, [name]: value } as unknown,
      })),
    );
  const any = fc.oneof(spoilt, fc.record({ of: type, payload: anyJson() }));

  it('is a whole token of its type or none, and breaks nothing', async () => {
    await forAllAsync([any], async ({ of, payload }) => {
      const { sub, type: named, jti } = { ...((await verify(of, signed(of, payload))) as Named) };
      const isNone = named === undefined;
      expect(isNone || named === of).toBe(true);
      const whole = [registered.jti, registered.jti].map(() => expect.stringMatching(UUID));
      expect([sub, jti]).toEqual(isNone ? [undefined, undefined] : whole);
    });
  });

  it('under any header but our own is none', async () => {
    const header = fc.record(
      {
        alg: fc.constantFrom('none', 'None', 'HS384', 'HS512', 'RS256', 'ES256', 'hs256', ''),
        typ: anyJson(1),
        kid: anyJson(1),
        crit: anyJson(1),
        jwk: anyJson(1),
        b64: fc.boolean(),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    await forAllAsync([issued, header], async ({ of, claims }, head) => {
      const token = sign({ ...registered, type: of, ...claims }, keys.of(of).sign, head);
      const verified = await verify(of, token);
      const { alg = 'HS256' } = head;
      expect(verified === null || alg === 'HS256').toBe(true);
    });
  });
});

it('a CSRF token is that of its own session and of no other, whatever is sent', () => {
  const csrf = new CsrfTokens(config);
  const own = uuid.chain((id) =>
    fc.tuple(fc.constant(id), fc.oneof(anyText(50), mutated(fc.constant(csrf.of(id))))),
  );
  const other = fc.tuple(uuid, uuid).map(([id, another]) => [id, csrf.of(another)] as const);
  forAll([fc.oneof(own, other)], ([sessionId, given]) => {
    expect(csrf.isOf(sessionId, csrf.of(sessionId))).toBe(true);
    expect(csrf.isOf(sessionId, given)).toBe(given === csrf.of(sessionId));
  });
});

it('a digest is that of its own state and of no other, whatever is sent', () => {
  forAll([anyText(), anyText(50)], (state, given) => {
    const digest = digestOf(state);
    expect([isDigestOf(digest, state), isDigestOf(given, state)]).toEqual([true, given === digest]);
  });
});
