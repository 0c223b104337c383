import { generateKeyPairSync, sign as signWithKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  accessDoors,
  allDoors,
  BODY_DOORS,
  type Door,
  type Holder,
  holderOfAll,
  outcomesOf,
  refusalsOf,
  TYPES,
} from './support/doors';
import {
  base64url,
  type Claims,
  claimsOf,
  headerOf,
  keyOf,
  sign,
  signatureOf,
  type TokenType,
  unsigned,
} from './support/jwt';
import { itLogsNoSecret } from './support/log';
import { isAccepted, signedIn, signIn } from './support/people';
import { expectProblem } from './support/problems';
import { needing, useTarget } from './support/target';

const target = useTarget();
const attack = needing('people', 'mailbox');
const insider = needing('people', 'mailbox', 'secret');

const NOBODY = '00000000-0000-4000-8000-000000000000';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString();

const seconds = (): number => Math.floor(Date.now() / 1000);
const bodyOf = (jwt: string): string => jwt.slice(0, jwt.lastIndexOf('.'));

/** Signed with a key pair of the attacker's own. */
function signedByAttacker(claims: Claims, header: object): string {
  const signed = [{ alg: 'RS256', typ: 'JWT', ...header }, claims]
    .map((part) => base64url(JSON.stringify(part)))
    .join('.');
  return `${signed}.${signWithKey('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

/** Doors of one type, by the type of token they take. */
async function doorsFor(type: TokenType): Promise<readonly Door[]> {
  return type === 'access' ? accessDoors(target) : BODY_DOORS.filter(({ takes }) => takes === type);
}

/** Refused at every door that takes such a token, but for those whose names have this in them. */
async function expectRefused(type: TokenType, forged: string, except = 'nothing'): Promise<void> {
  const doors = (await doorsFor(type)).filter(({ name }) => !name.includes(except));
  expect(await outcomesOf(target, doors, forged)).toEqual(refusalsOf(doors));
}

async function expectAllRefused(
  holder: Holder,
  forge: (genuine: string, type: TokenType) => readonly string[],
): Promise<void> {
  for (const type of TYPES)
    for (const forged of forge(holder[type], type)) await expectRefused(type, forged);
  expect(await isAccepted(target, holder.access)).toBe(true);
}

describe('a token with a forged signature', () => {
  attack('RFC 8725 §3.1 / CVE-2022-23540: alg none, however spelled, opens no door', async () => {
    const spellings = ['none', 'None', 'NONE', 'nOnE', ' none', 'none ', 'none\0', '', null, 0];
    await expectAllRefused(await holderOfAll(target), (genuine) => [
      ...spellings.map((alg) => unsigned(claimsOf(genuine), { alg })),
      unsigned(claimsOf(genuine), { alg: 'none' }) + signatureOf(genuine),
      unsigned(claimsOf(genuine), { alg: undefined }),
      unsigned(claimsOf(genuine), { alg: ['none'] }),
    ]);
  });

  attack('CVE-2020-28042: a signature that is empty, cut or blank opens no door', async () => {
    await expectAllRefused(await holderOfAll(target), (genuine) => {
      const body = bodyOf(genuine);
      const signature = signatureOf(genuine);
      const cut = [1, 2, 21, 42].map((length) => signature.slice(0, length));
      const blank = ['', ' ', '=', 'AA', base64url('\0'.repeat(32))];
      return [body, ...[...cut, ...blank].map((end) => `${body}.${end}`)];
    });
  });

  attack('RFC 7515 §5.2: claims changed under a genuine signature open no door', async () => {
    await expectAllRefused(await holderOfAll(target), (genuine) =>
      [{ sub: NOBODY }, { exp: seconds() + 9e6 }, { role: 'admin' }].map((change) => {
        const changed = { ...claimsOf(genuine), ...change };
        return `${bodyOf(sign(changed, 'x', headerOf(genuine)))}.${signatureOf(genuine)}`;
      }),
    );
  });

  attack('CVE-2015-9235 / CVE-2022-29217: no public key is taken for a shared one', async () => {
    await expectAllRefused(await holderOfAll(target), (genuine) => {
      const claims = claimsOf(genuine);
      const der = publicKey.export({ type: 'spki', format: 'der' });
      return [
        ...[PEM, PEM.trim(), `${PEM}\n`, der].map((key) => sign(claims, key)),
        sign(claims, PEM, { alg: 'RS256' }),
        signedByAttacker(claims, {}),
      ];
    });
  });

  attack('CVE-2018-0114: a key in the header (jwk, x5c) is not believed', async () => {
    const jwk = publicKey.export({ format: 'jwk' });
    const octets = { kty: 'oct', k: base64url('attacker'), alg: 'HS256' };
    await expectAllRefused(await holderOfAll(target), (genuine) => {
      const claims = claimsOf(genuine);
      return [
        signedByAttacker(claims, { jwk }),
        signedByAttacker(claims, { x5c: [base64url(PEM)] }),
        sign(claims, 'attacker', { jwk: octets }),
        sign(claims, 'attacker', { kid: octets.k, jwk: octets }),
      ];
    });
  });

  attack('RFC 8725 §3.10: a key named by address (jku, x5u) is not fetched', async () => {
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'mine', use: 'sig', alg: 'RS256' };
    let fetched = 0;
    const server = createServer((_, response) => {
      fetched++;
      response.end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    await expectAllRefused(await holderOfAll(target), (genuine) =>
      [{ jku: url }, { x5u: url }, { kid: url }].map((header) =>
        signedByAttacker(claimsOf(genuine), { kid: 'mine', ...header }),
      ),
    );
    await new Promise((closed) => server.close(closed));
    expect(fetched).toBe(0);
  });

  attack('RFC 8725 §3.10: a key id that is a path or a query finds no key', async () => {
    const kids = ['../../../../dev/null', '/dev/null', "' UNION SELECT ''--", '', 'x\0', '| true'];
    await expectAllRefused(await holderOfAll(target), (genuine) =>
      kids.flatMap((kid) => ['', '\0', kid].map((key) => sign(claimsOf(genuine), key, { kid }))),
    );
  });

  insider('RFC 8725 §3.1: another algorithm with the right key opens no door', async () => {
    await expectAllRefused(await holderOfAll(target), (genuine, type) =>
      ['HS384', 'HS512', 'RS256', 'hs256', 'HS256 '].map((alg) =>
        sign(claimsOf(genuine), keyOf(target, type), { alg }),
      ),
    );
  });

  attack('RFC 7516 §3.1: what is encrypted instead of signed opens no door', async () => {
    const header = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2s: 'AAAA', p2c: 2 ** 31 - 1 };
    const bomb = [JSON.stringify(header), 'k', 'i', 't', 'p']
      .map((part) => base64url(part))
      .join('.');
    const nested = (genuine: string) =>
      sign(genuine, 'x', { cty: 'JWT' }).replace(/[^.]+$/, signatureOf(genuine));
    await expectAllRefused(await holderOfAll(target), (genuine) => [
      bomb,
      nested(genuine),
      `${genuine}.x.x`,
    ]);
  });

  attack('RFC 7515 §3.2: the JSON serialisation of a genuine token opens no door', async () => {
    await expectAllRefused(await holderOfAll(target), (genuine) => {
      const [encoded, payload, signature] = genuine.split('.');
      return [JSON.stringify({ payload, protected: encoded, signature })];
    });
  });
});

describe('a token of one kind', () => {
  attack('RFC 8725 §3.12: opens no door that takes another kind', async () => {
    const holder = await holderOfAll(target);
    for (const type of TYPES) {
      const doors = (await allDoors(target)).filter(({ takes }) => takes !== type);
      const outcomes = await outcomesOf(target, doors, holder[type]);
      expect([type, outcomes]).toEqual([type, refusalsOf(doors)]);
    }
    const me = await target.client().get('users/me', { token: holder.access });
    expect(me.body).toMatchObject({ email: holder.person.email, is_verified: true });
    expect((await signIn(target, holder.person)).access_token).toEqual(expect.any(String));
  });

  insider('RFC 8725 §3.11: another kind of claims under the right key open no door', async () => {
    const holder = await holderOfAll(target);
    const kinds = [...TYPES, 'ACCESS', '', null, undefined, 0, {}];
    await expectAllRefused(holder, (genuine, type) => [
      ...kinds
        .filter((kind) => kind !== type)
        .map((kind) => sign({ ...claimsOf(genuine), type: kind }, keyOf(target, type))),
      sign({ ...claimsOf(genuine), type: [type] }, keyOf(target, type)),
    ]);
  });
});

describe('a token with a good signature', () => {
  async function expectClaimsRefused(changes: readonly object[]): Promise<void> {
    await expectAllRefused(await holderOfAll(target), (genuine, type) =>
      changes.map((change) => sign({ ...claimsOf(genuine), ...change }, keyOf(target, type))),
    );
  }

  insider('signed by hand with nothing changed is the genuine one', async () => {
    for (const type of TYPES) {
      const genuine = (await holderOfAll(target))[type];
      expect(sign(claimsOf(genuine), keyOf(target, type), headerOf(genuine))).toBe(genuine);
    }
  });

  insider('RFC 8725 §3.8: of another issuer opens no door', async () => {
    const { publicUrl } = target;
    const others = ['https://evil.example', '', undefined, `${publicUrl}.evil.example`, {}];
    await expectClaimsRefused([...others, `${publicUrl}/x`].map((iss) => ({ iss })));
  });

  insider('RFC 8725 §3.9: for another audience opens no door', async () => {
    const others = ['elsewhere', '', undefined, ['elsewhere', 'nowhere'], {}, null];
    await expectClaimsRefused(others.map((aud) => ({ aud })));
  });

  insider('RFC 7519 §4.1.4: that has expired, or never does, opens no door', async () => {
    const ends = [seconds(), seconds() - 1, seconds() - 9e6, 0, -1, null, undefined, '9999999999'];
    await expectClaimsRefused([...ends, true, {}, []].map((exp) => ({ exp })));
  });

  insider('RFC 7519 §4.1.5: that is not good yet opens no door', async () => {
    await expectClaimsRefused([seconds() + 3600, 'x', null].map((nbf) => ({ nbf })));
  });

  insider('RFC 7519 §4: without a claim, or with an odd one, opens no door', async () => {
    const odd = [null, 0, '', 'x', {}, [NOBODY], `${NOBODY}' OR '1'='1`, '\0', undefined];
    await expectClaimsRefused(odd.flatMap((value) => [{ sub: value }, { jti: value }]));
    await expectAllRefused(await holderOfAll(target), (genuine, type) =>
      [[claimsOf(genuine)], null, 'claims', 1, '"claims"'].map((claims) =>
        sign(claims, keyOf(target, type)),
      ),
    );
  });

  insider('RFC 7515 §4.1.11 / CVE-2025-59420: with an unknown crit opens no door', async () => {
    const headers = [
      { crit: ['cnf'], cnf: 'x' },
      { crit: ['b64'], b64: false },
      { crit: ['exp'] },
      { crit: [] },
      { crit: 'exp' },
      { crit: null },
    ];
    await expectAllRefused(await holderOfAll(target), (genuine, type) =>
      headers.map((header) => sign(claimsOf(genuine), keyOf(target, type), header)),
    );
  });

  insider('RFC 7519 §4: of claims given twice the last one counts', async () => {
    const twice = (first: object, genuine: string): string =>
      JSON.stringify(first).replace(/\}$/, `,${JSON.stringify(claimsOf(genuine)).slice(1)}`);
    const [{ person, access }, victim] = [await holderOfAll(target), await signedIn(target)];
    const own = twice({ sub: victim.person.id, type: 'refresh', exp: 0 }, access);
    const answer = await target.client().get('auth/me', {
      token: sign(own, keyOf(target, 'access')),
    });
    expect([answer.status, answer.body.id]).toEqual([200, person.id]);
    const thenThis = (last: object, genuine: string, type: TokenType): string =>
      sign(
        JSON.stringify(claimsOf(genuine)).replace(/\}$/, `,${JSON.stringify(last).slice(1)}`),
        keyOf(target, type),
      );
    await expectAllRefused(await holderOfAll(target), (genuine, type) =>
      [{ type: 'other' }, { exp: 1 }].map((last) => thenThis(last, genuine, type)),
    );
    const other = { sub: victim.person.id };
    await expectRefused('access', thenThis(other, access, 'access'), '/logout');
  });

  insider('RFC 8725 §2.7: of one user with the session of another opens no door', async () => {
    const [mine, victim] = [await holderOfAll(target), await signedIn(target)];
    for (const type of ['access', 'refresh'] as const) {
      const own = claimsOf(mine[type]);
      const { sub, sid } = claimsOf(victim.tokens[`${type}_token`]);
      for (const change of [{ sub }, { sid }, { sid: NOBODY }, { sid: 'x' }, { sid: undefined }])
        // Signing out a session that has ended, or never was, is fine.
        await expectRefused(type, sign({ ...own, ...change }, keyOf(target, type)), '/logout');
      const answer = await target.client().post(
        'auth/logout',
        {},
        {
          token: sign({ ...own, sid }, keyOf(target, type)),
        },
      );
      expect([200, 401]).toContain(answer.status);
    }
    for (const token of [mine.access, victim.tokens.access_token])
      expect(await isAccepted(target, token)).toBe(true);
  });

  insider('RFC 8725 §2.7: that binds one account to the state of another is refused', async () => {
    const [mine, victim] = [await holderOfAll(target), await holderOfAll(target)];
    for (const type of ['email_verification', 'password_reset', 'email_change'] as const) {
      const mixed = { ...claimsOf(mine[type]), sub: victim.person.id };
      await expectRefused(type, sign(mixed, keyOf(target, type)));
    }
  });

  insider('CWE-269: a role in the token gives no right that the account lacks', async () => {
    const { access } = await holderOfAll(target);
    const claims = { ...claimsOf(access), role: 'admin', is_admin: true, permissions: ['*'] };
    const token = sign(claims, keyOf(target, 'access'));
    const answer = await target.client().get('users/stats/count', { token });
    expectProblem(answer, 403, 'forbidden');
  });
});

describe('a token out of proportion', () => {
  attack('CWE-400: of kilobytes opens no door, and is answered at once', async () => {
    const sizes = [4096, 12_000];
    const genuine = (await signedIn(target)).tokens.access_token;
    for (const size of sizes) {
      const filler = 'A'.repeat(size);
      const doors = await accessDoors(target);
      for (const huge of [filler, `${filler}.${filler}`.slice(0, size), genuine + filler])
        expect(await outcomesOf(target, doors, huge)).toEqual(refusalsOf(doors));
      for (const door of BODY_DOORS) {
        const { status } = await door.present(target.client(), filler);
        expect([door.name, [302, 400, 401, 414, 422]]).toEqual([
          door.name,
          expect.arrayContaining([status]),
        ]);
      }
    }
    expect(await isAccepted(target, genuine)).toBe(true);
  });

  attack('CWE-400: beyond what a header may be is refused before it is read', async () => {
    const answer = await target.client().get('auth/me', { token: 'A'.repeat(200_000) });
    expect([400, 431]).toContain(answer.status);
    const body = await target.client().post('auth/refresh', { refresh_token: 'A'.repeat(2e5) });
    expect(body.status).toBe(413);
  });
});

describe('RFC 6750 §2: a token presented', () => {
  attack('in the query or the body of a form is not looked at', async () => {
    const { tokens } = await signedIn(target);
    const token = tokens.access_token;
    const client = target.client();
    expectProblem(await client.get(`auth/me?access_token=${token}`), 401, 'unauthenticated');
    const form = { access_token: token };
    const answer = await client.call('POST', 'auth/logout-all', { form });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await isAccepted(target, token)).toBe(true);
  });

  attack('under another scheme, or beside another one, is refused', async () => {
    const { access_token: token } = (await signedIn(target)).tokens;
    const other = (await signedIn(target)).tokens.access_token;
    const odd = [`Basic ${token}`, `JWT ${token}`, token, `Bearer ${token} x`, `Bearer,${token}`];
    for (const authorization of [...odd, `Bearer ${token}, Bearer ${other}`, `Bearer "${token}"`]) {
      const answer = await target.client().get('auth/me', { headers: { authorization } });
      expect([authorization.replaceAll(/[\w-]{20,}/g, '…'), answer.status]).toEqual([
        authorization.replaceAll(/[\w-]{20,}/g, '…'),
        401,
      ]);
    }
  });
});

itLogsNoSecret(target);
