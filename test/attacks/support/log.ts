import { isAble } from './abilities';
import { Browser } from './browser';
import { linkTokenIn, waitForMail } from './mailbox';
import { newPassword, signedIn } from './people';
import { needing, type Target } from './target';

/**
 * Declares the test that nothing secret was logged, of all that the tests of this file sent and
 * got. The last of its file, for a service that was started here ends with it.
 */
export function itLogsNoSecret(target: Target): void {
  needing('people', 'log')(
    'CWE-532: the log holds no password, token, cookie or address of these attacks',
    async () => {
      await useEverySecret(target);
      const log = await target.log();
      expect(log).toContain('"msg":"request"');
      expect(target.secrets.all.filter((secret) => log.includes(secret))).toEqual([]);
    },
  );
}

/** So that one of each kind was used, whatever else the file has. */
async function useEverySecret(target: Target): Promise<void> {
  const { person, tokens } = await signedIn(target);
  const { access_token: token, refresh_token } = tokens;
  const client = target.client();
  const wrong = { username: person.email, password: newPassword() };
  await client.post('auth/login', wrong);
  await client.call('POST', 'auth/token', { form: wrong });
  await client.post('auth/refresh', { refresh_token });
  await client.get(`auth/me?access_token=${token}`, { token });
  await client.post('auth/register', { ...person, role: 'admin' });
  const browser = await Browser.signedIn(target, person);
  await browser.call('PATCH', 'users/me', { json: { bio: 'changed' } });
  await browser.call('POST', 'auth/refresh');
  const body = { current_password: person.password, new_password: newPassword() };
  await client.post('auth/password/change', body, { token });
  await client.post('auth/password/reset/request', { email: person.email });
  if (!isAble('mailbox')) return;
  const link = linkTokenIn(await waitForMail(target, person.email, /^Reset/));
  await client.get(`/pages/reset-password?token=${link}`);
  await client.get(`/auth/verify-email?token=${link}`);
  await client.post('auth/password/reset/confirm', { token: link, new_password: newPassword() });
}
