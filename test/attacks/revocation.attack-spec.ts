import { Browser } from './support/browser';
import {
  accessDoors,
  BODY_DOORS,
  emailChangeToken,
  outcomesOf,
  refusalsOf,
  resetToken,
} from './support/doors';
import { claimsOf } from './support/jwt';
import { itLogsNoSecret } from './support/log';
import {
  amend,
  isAccepted,
  newPassword,
  newPerson,
  type Person,
  signedIn,
  signIn,
  type Tokens,
} from './support/people';
import { expectProblem } from './support/problems';
import { needing, type Target, useTarget } from './support/target';

const target = useTarget();
const attack = needing('people');

/** The session that ends, and the one that its owner ends it from. */
interface Owner {
  readonly person: Person;
  readonly stolen: Tokens;
  readonly own: Tokens;
}

type Act = (owner: Owner, at: Target) => Promise<{ readonly status: number }>;

async function byAdmin(method: string, path: string): Promise<{ readonly status: number }> {
  return target.client().call(method, path, { token: await target.adminToken() });
}

const sidOf = ({ access_token: token }: Tokens): string => String(claimsOf(token).sid);

/** No access, no refresh: neither by what was issued before, nor by what comes of it. */
async function expectDead({ access_token, refresh_token }: Tokens): Promise<void> {
  // Signing out twice is fine: that route alone takes tokens of a session that has ended.
  const isOther = ({ name }: { readonly name: string }) => !name.includes('auth/logout');
  const access = (await accessDoors(target)).filter(
    (door) => isOther(door) || door.name.endsWith('-all'),
  );
  expect(await outcomesOf(target, access, access_token)).toEqual(refusalsOf(access));
  const refresh = BODY_DOORS.filter((door) => door.takes === 'refresh' && isOther(door));
  expect(await outcomesOf(target, refresh, refresh_token)).toEqual(refusalsOf(refresh));
}

async function owner(): Promise<Owner> {
  const { person, tokens: stolen } = await signedIn(target);
  return { person, stolen, own: await signIn(target, person) };
}

async function expectEnds(act: Act): Promise<Owner> {
  const someone = await owner();
  expect(await isAccepted(target, someone.stolen.access_token)).toBe(true);
  const { status } = await act(someone, target);
  expect([200, 204]).toContain(status);
  await expectDead(someone.stolen);
  return someone;
}

describe('a stolen token after its session was ended', () => {
  attack('ASVS 5.0 §7.4.1: by signing out with the access token', async () => {
    await expectEnds(({ stolen }) =>
      target.client().post('auth/logout', {}, { token: stolen.access_token }),
    );
  });

  attack('ASVS 5.0 §7.4.1: by signing out with the refresh token alone', async () => {
    await expectEnds(({ stolen: { refresh_token } }) =>
      target.client().post('auth/logout', { refresh_token }),
    );
  });

  attack('ASVS 5.0 §7.4.1: by signing out with a refresh token replaced since', async () => {
    const { stolen, own } = await owner();
    const { refresh_token } = stolen;
    const { body: next } = await target.client().post('auth/refresh', { refresh_token });
    expect((await target.client().post('auth/logout', { refresh_token })).status).toBe(200);
    await expectDead(stolen);
    await expectDead(next as Tokens);
    expect(await isAccepted(target, own.access_token)).toBe(true);
  });

  attack('ASVS 5.0 §7.4.1: by its owner, from another session', async () => {
    const { own } = await expectEnds(({ stolen, own: { access_token: token } }) =>
      target.client().delete(`users/me/sessions/${sidOf(stolen)}`, { token }),
    );
    expect(await isAccepted(target, own.access_token)).toBe(true);
  });

  attack('ASVS 5.0 §7.4.1: with all others, by signing out everywhere', async () => {
    const { own } = await expectEnds(({ own: { access_token: token } }) =>
      target.client().post('auth/logout-all', {}, { token }),
    );
    await expectDead(own);
  });

  attack('ASVS 5.0 §7.4.1: by signing out in cookie mode', async () => {
    const person = await newPerson(target);
    const browser = await Browser.signedIn(target, person);
    const stolen = {
      access_token: browser.cookie('access').value,
      refresh_token: browser.cookie('refresh').value,
    };
    expect((await browser.call('POST', 'auth/logout')).status).toBe(200);
    await expectDead(stolen);
  });
});

describe('a stolen token after the password', () => {
  attack('ASVS 5.0 §7.4.3: was changed from another session', async () => {
    const { own } = await expectEnds(({ person, own: { access_token: token } }) =>
      target
        .client()
        .post(
          'auth/password/change',
          { current_password: person.password, new_password: newPassword() },
          { token },
        ),
    );
    expect(await isAccepted(target, own.access_token)).toBe(true);
  });

  needing('people', 'mailbox')('ASVS 5.0 §7.4.3: was reset by mail', async () => {
    const { own } = await expectEnds(async ({ person }) => {
      const token = await resetToken(target, person);
      const body = { token, new_password: newPassword() };
      return target.client().post('auth/password/reset/confirm', body);
    });
    await expectDead(own);
  });

  needing('people', 'mailbox')('ASVS 5.0 §7.4.3: stayed, and the address was changed', async () => {
    const { own } = await expectEnds(async ({ person, own: tokens }) => {
      const token = await emailChangeToken(target, person, tokens, `new-${person.email}`);
      return target.client().post('auth/email/change/confirm', { token });
    });
    expect(await isAccepted(target, own.access_token)).toBe(true);
  });
});

describe('a stolen token after its account', () => {
  const admin = needing('people', 'admin');

  admin('ASVS 5.0 §7.4.2: was disabled, and enabled again', async () => {
    const { person, own } = await expectEnds((someone) =>
      amend(target, someone.person, { is_active: false }),
    );
    expectProblem(await target.client().post('auth/login', person), 422, 'validation_failed');
    const { username, password } = person;
    const signingIn = await target.client().post('auth/login', { username, password });
    expectProblem(signingIn, 403, 'account_disabled');
    await amend(target, person, { is_active: true });
    await expectDead(own);
  });

  admin('ASVS 5.0 §7.4.2: was deleted by an admin', async () => {
    const { own } = await expectEnds(({ person }) => byAdmin('DELETE', `users/${person.id}`));
    await expectDead(own);
  });

  attack('ASVS 5.0 §7.4.2: was deleted by its owner', async () => {
    const { own } = await expectEnds(({ person, own: { access_token: token } }) =>
      target.client().call('DELETE', 'users/me', { json: { password: person.password }, token }),
    );
    await expectDead(own);
  });

  admin('CWE-269: lost the role that the token says', async () => {
    const { person } = await signedIn(target);
    await amend(target, person, { role: 'admin' });
    const tokens = await signIn(target, person);
    expect(claimsOf(tokens.access_token).role).toBe('admin');
    await amend(target, person, { role: 'user' });
    await expectDead(tokens);
    const { access_token: token } = await signIn(target, person);
    expectProblem(await target.client().get('users/stats/count', { token }), 403, 'forbidden');
  });

  admin('ASVS 5.0 §7.4.5: was signed out by an admin', async () => {
    const { own } = await expectEnds(({ person }) =>
      byAdmin('POST', `users/${person.id}/logout-all`),
    );
    await expectDead(own);
  });
});

describe('the session of somebody else', () => {
  attack('CWE-639: cannot be ended by naming it', async () => {
    const [victim, thief] = [await signedIn(target), await signedIn(target)];
    const { access_token: token, refresh_token } = thief.tokens;
    const path = `users/me/sessions/${sidOf(victim.tokens)}`;
    expectProblem(await target.client().delete(path, { token }), 404, 'session_not_found');
    expect((await target.client().post('auth/logout-all', {}, { token })).status).toBe(200);
    const again = await target.client().post('auth/refresh', { refresh_token });
    expectProblem(again, 401, 'invalid_refresh_token');
    expect(await isAccepted(target, victim.tokens.access_token)).toBe(true);
  });
});

itLogsNoSecret(target);
