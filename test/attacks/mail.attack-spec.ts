import type { Answer } from './support/client';
import { itLogsNoSecret } from './support/log';
import { linkTokenIn, waitForMail } from './support/mailbox';
import { mailsSettled, mailsThat, type WholeMail } from './support/outbox';
import { newcomer, newPerson, type SignedIn, signedIn, signIn } from './support/people';
import { needing, useTarget } from './support/target';

const target = useTarget();

const VICTIM = 'victim@people.example';
const EVIL = 'evil@people.example';

/** What is no single address, though some part of a mailer may take it for one or two. */
const NO_ADDRESS: Readonly<Record<string, readonly unknown[]>> = {
  'with a header behind it (CWE-93)': [
    `${VICTIM}\r\nBcc: ${EVIL}`,
    `${VICTIM}\nBcc: ${EVIL}`,
    `${VICTIM}\rBcc: ${EVIL}`,
    `${VICTIM}\r\n\r\nBcc: ${EVIL}`,
    `${VICTIM}%0d%0aBcc: ${EVIL}`,
    `victim\r\nBcc: ${EVIL}\r\n@people.example`,
    `"victim\r\nBcc: ${EVIL}\r\n"@people.example`,
    `${VICTIM}>\r\nRCPT TO:<${EVIL}`,
    `${VICTIM}\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n`,
  ],
  'with a line end that only Unicode knows': [
    `${VICTIM}\u2028Bcc: ${EVIL}`,
    `${VICTIM}\u2029Bcc:${EVIL}`,
    `${VICTIM}\u0085Bcc:${EVIL}`,
    `victim\u2028@people.example`,
    `${VICTIM}\v${EVIL}`,
    `${VICTIM}\f${EVIL}`,
    `${VICTIM}\u560d\u560aBcc:${EVIL}`,
  ],
  'that is several (CVE-2023-7028)': [
    `${VICTIM},${EVIL}`,
    `${VICTIM}, ${EVIL}`,
    `${VICTIM};${EVIL}`,
    `${VICTIM} ${EVIL}`,
    `${VICTIM}\t${EVIL}`,
    `${VICTIM}\u00a0${EVIL}`,
    `${VICTIM}|${EVIL}`,
    `${VICTIM}&email=${EVIL}`,
    `group: ${VICTIM}, ${EVIL};`,
    [VICTIM, EVIL],
    [VICTIM],
    { 0: VICTIM, 1: EVIL },
    { email: VICTIM, address: EVIL },
  ],
  'with a name or in brackets': [
    `<${VICTIM}>`,
    `<${EVIL}>${VICTIM}`,
    `Victim <${VICTIM}>`,
    `"${VICTIM}" <${EVIL}>`,
    `${VICTIM} <${EVIL}>`,
    `${VICTIM} (${EVIL})`,
    `victim(${EVIL})@people.example`,
    `mailto:${VICTIM}`,
    `=?utf-8?q?=41?= <${EVIL}>`,
  ],
  'with a quoted local part (GHSA-mm7p-fcc7-pg87)': [
    `"${EVIL} x"@people.example`,
    `"${VICTIM},${EVIL}"@people.example`,
    '"victim"@people.example',
    '"victim people"@people.example',
    '"<script>alert(1)</script>"@people.example',
    String.raw`"vic\"tim"@people.example`,
    String.raw`victim\@evil.example@people.example`,
    '""@people.example',
  ],
  'with a domain that is none': [
    'victim@[127.0.0.1]',
    'victim@127.0.0.1',
    'victim@localhost',
    'victim@people..example',
    'victim@.example',
    'victim@-people.example',
    'victim@people.example.',
    'victim@people.example@evil.example',
    'victim@people_.example',
    'victim@people.example#@evil.example',
    'victim@people.example?x',
    'victim@people.example:25',
    'victim@ｐeople.example',
    'victim＠people.example',
    'victim@',
    '@people.example',
    'victim',
  ],
  'with what cannot be seen': [
    `victim\0@people.example`,
    `${VICTIM}\0`,
    `victim\u200b@people.example`,
    `victim\u202e@people.example`,
    `victim\u00ad@people.example`,
    `victim\u007f@people.example`,
    `\ufeffvic\ufefftim@people.example`,
    `victim\ud800@people.example`,
  ],
  'out of proportion': [
    `${'v'.repeat(250)}@people.example`,
    `${'v'.repeat(65)}@people.example`,
    `victim@${'p'.repeat(64)}.example`,
    `${'v.'.repeat(40_000)}@people.example`,
  ],
};

interface Field {
  readonly name: string;
  readonly field: string;
  readonly send: (email: unknown, mallory: SignedIn) => Promise<Answer>;
}

/** Every field of a request that a mail is sent to. */
const FIELDS: readonly Field[] = [
  {
    name: 'POST /api/v1/auth/register',
    field: 'email',
    send: (email) => target.client().post('auth/register', { ...newcomer(), email }),
  },
  {
    name: 'POST /auth/create-user',
    field: 'email',
    send: (email) => target.client().post('/auth/create-user', { ...newcomer(), email }),
  },
  {
    name: 'POST /api/v1/auth/password/reset/request',
    field: 'email',
    send: (email) => target.client().post('auth/password/reset/request', { email }),
  },
  {
    name: 'POST /auth/request-password-reset',
    field: 'email',
    send: (email) => target.client().post('/auth/request-password-reset', { email }),
  },
  {
    name: 'POST /api/v1/auth/email/verification/request',
    field: 'email',
    send: (email) => target.client().post('auth/email/verification/request', { email }),
  },
  {
    name: 'POST /api/v1/auth/email/change',
    field: 'new_email',
    send: (new_email, { person, tokens }) => {
      const body = { new_email, password: person.password };
      return target.client().post('auth/email/change', body, { token: tokens.access_token });
    },
  },
];

const expectNoAddress = ({ status, body }: Answer, field: string, email: unknown): void =>
  expect([email, status, body?.errors?.[0].pointer?.split('/')[1]]).toEqual([email, 422, field]);

const attack = needing('people', 'addresses');

describe('mail: to whom', () => {
  for (const { name, field, send } of FIELDS)
    attack.each(Object.keys(NO_ADDRESS))(`CWE-20: ${name} mails to no address %s`, async (kind) => {
      const mallory = await signedIn(target);
      for (const email of NO_ADDRESS[kind]!)
        expectNoAddress(await send(email, mallory), field, email);
    });

  needing('admin').each(Object.keys(NO_ADDRESS))(
    'CWE-20: an admin makes and changes no account to an address %s',
    async (kind) => {
      const token = await target.adminToken();
      const { id } = await newPerson(target);
      for (const email of NO_ADDRESS[kind]!) {
        const made = await target.client().post('users', { ...newcomer(), email }, { token });
        expectNoAddress(made, 'email', email);
        const changed = await target.client().patch(`users/${id}`, { email }, { token });
        expectNoAddress(changed, 'email', email);
      }
    },
  );

  attack('CVE-2023-7028: an address given twice is not two', async () => {
    const headers = { 'content-type': 'application/json' };
    const raw = `{"email":"${VICTIM}","email":["${VICTIM}","${EVIL}"]}`;
    const path = 'auth/password/reset/request';
    const twice = await target.client().call('POST', path, { raw, headers });
    expectNoAddress(twice, 'email', 'email');
    for (const query of [`?email=${EVIL}`, `?cc=${EVIL}`]) {
      const person = await newPerson(target);
      const answer = await target.client().post(`${path}${query}`, { email: person.email });
      expect(answer.status).toBe(200);
    }
    for (const field of ['cc', 'bcc', 'to', 'reply_to', 'redirect_url', 'callback_url']) {
      const answer = await target.client().post(path, { email: VICTIM, [field]: EVIL });
      expect([field, answer.status]).toEqual([field, 422]);
    }
  });

  needing('admin', 'mailbox')(
    'CWE-93: none of these attacks mailed anything to anybody but who was named',
    async () => {
      const isEvil = (address: string): boolean => /^(?:evil|victim)@|[,;<>\s]/.test(address);
      await mailsSettled(target, isEvil);
      expect((await mailsThat(target, isEvil)).map(({ to }) => to)).toEqual([]);
    },
  );
});

const PAYLOADS = [
  '<img src=x onerror=evil(1)>',
  '<a href="https://evil.example/win">You won</a>',
  '"><script src=https://evil.example/x.js></script>',
  "' onmouseover='evil(1)",
  '</td></table><h1 class=evil>Your account is locked</h1>',
  '{{constructor.constructor("return 7777*7777")()}}',
  '${7777*7777}<%= 7777*7777 %>#{7777*7777}{{7777*7777}}',
  'https://evil.example/win',
];
const PRODUCT = String(7777 * 7777);

/** Nothing of the attacker's became markup, and no template came to life. */
function expectText({ subject, text, html }: WholeMail): void {
  expect(html).not.toMatch(/<[^<>]*evil[^<>]*>/i);
  expect(subject + text + html).not.toContain(PRODUCT);
}

describe('mail: what it says', () => {
  needing('mailbox', 'addresses').each(PAYLOADS)(
    'CWE-80: whoever signs somebody up writes nothing into the mail to them: %s',
    async (payload) => {
      const person = { ...newcomer(), full_name: payload };
      expect((await target.client().post('auth/register', person)).status).toBe(201);
      await waitForMail(target, person.email, /^Confirm your e-mail/);
      const mails = await mailsThat(target, (address) => address === person.email);
      expect(mails).toHaveLength(1);
      expectText(mails[0]!);
      expect(mails[0]!.text).not.toContain(payload);
    },
  );

  needing('people', 'mailbox', 'addresses').each(PAYLOADS)(
    'CWE-80: no profile gets into a mail: %s',
    async (payload) => {
      const { person, tokens } = await signedIn(target);
      const profile = { full_name: payload, display_name: payload, bio: payload };
      const { access_token: token } = tokens;
      expect((await target.client().patch('users/me', profile, { token })).status).toBe(200);
      await target.client().post('auth/password/reset/request', { email: person.email });
      await waitForMail(target, person.email, /^Reset/);
      for (const mail of await mailsThat(target, (address) => address === person.email)) {
        expectText(mail);
        expect(mail.text).not.toContain(payload);
      }
    },
  );

  /** Of a user agent only the beginning is told, up to a slash. */
  const USER_AGENTS = [
    '<img src=x onerror=evil(1)>',
    '<script class=evil>',
    '"><h1 class=evil>Locked<h1 class=evil>',
    '{{7777*7777}}',
    '{{{7777*7777}}}',
  ];

  needing('people', 'mailbox', 'addresses').each(USER_AGENTS)(
    'CWE-80: the user agent of a thief is told as text: %s',
    async (payload) => {
      const { person, tokens } = await signedIn(target);
      const headers = { 'user-agent': payload };
      const refresh = async (refresh_token: string) =>
        (await target.client().post('auth/refresh', { refresh_token }, { headers })).body;
      await refresh((await refresh(tokens.refresh_token)).refresh_token);
      // Two generations old: no grace for it.
      expect((await refresh(tokens.refresh_token)).code).toBe('refresh_token_reused');
      await waitForMail(target, person.email, /^We ended a session/);
      const mails = await mailsThat(target, (address) => address === person.email);
      expect(mails.some(({ text }) => text.includes('Device'))).toBe(true);
      mails.forEach(expectText);
    },
  );

  needing(
    'people',
    'mailbox',
    'addresses',
  )('CWE-80: a forwarded address that is markup is told as text', async () => {
    const { person, tokens } = await signedIn(target);
    const payload = '<img src=x onerror=evil(1)>';
    const body = { current_password: person.password, new_password: 'a better battery' };
    const answer = await target.client(payload).post('auth/password/change', body, {
      token: tokens.access_token,
    });
    expect(answer.status).toBe(200);
    await waitForMail(target, person.email, /was changed$/);
    const [mail] = await mailsThat(target, (address) => address === person.email);
    expect(mail!.text).toContain(payload);
    expectText(mail!);
  });

  needing(
    'people',
    'mailbox',
    'addresses',
  )('CWE-80: a new address is told to the old one as text, and is no header', async () => {
    const { person, tokens } = await signedIn(target);
    const { email } = newcomer();
    const newEmail = `a&b'c=d{{7*7}}${email}`;
    const body = { new_email: newEmail, password: person.password };
    const { access_token: token } = tokens;
    expect((await target.client().post('auth/email/change', body, { token })).status).toBe(200);
    const isTheirs = (address: string): boolean => address.includes(email.split('@')[0]!);
    await waitForMail(target, newEmail, /^Confirm your new/);
    await waitForMail(target, person.email, /^A new e-mail address/);
    const [old] = await mailsThat(target, (address) => address === person.email);
    expect(old!.html).toContain('a&amp;b&#39;c=d{{7*7}}');
    expect(old!.html).not.toContain("a&b'c");
    const sent = await mailsThat(target, isTheirs);
    expect(sent.map(({ to }) => to)).toEqual([newEmail]);
  });

  needing(
    'people',
    'mailbox',
    'addresses',
  )('CWE-640: no mail says a password, and only the link says a token', async () => {
    const { person, tokens } = await signedIn(target);
    const client = target.client();
    await client.post('auth/password/reset/request', { email: person.email });
    const token = linkTokenIn(await waitForMail(target, person.email, /^Reset/));
    const password = 'a better battery than that';
    await client.post('auth/password/reset/confirm', { token, new_password: password });
    await waitForMail(target, person.email, /was changed$/);
    const again = await signIn(target, { ...person, password });
    for (const mail of await mailsThat(target, (address) => address === person.email)) {
      const all = `${mail.subject} ${mail.text} ${mail.html}`;
      for (const { access_token, refresh_token } of [tokens, again])
        for (const secret of [person.password, password, access_token, refresh_token])
          expect(all).not.toContain(secret);
      expect(mail.subject).not.toMatch(/eyJ/);
    }
  });
});

itLogsNoSecret(target);
