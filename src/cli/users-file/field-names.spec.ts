import { rename } from './field-names';

const fieldsOf = (line: Record<string, unknown>) => rename(line, false).fields;
const codesOf = (line: Record<string, unknown>) =>
  rename(line, false).reasons.map(({ code, field }) => [code, field]);

it.each([
  ['hashed_password', 'x', { password_hash: 'x' }],
  ['email_verified', true, { is_verified: true }],
  ['verified', false, { is_verified: false }],
  ['disabled', true, { is_active: false }],
  ['disabled', 0, { is_active: true }],
  ['disabled', 'no', { is_active: 'no' }],
  ['name', 'Ada', { full_name: 'Ada' }],
  ['picture', 'https://a/b', { avatar_url: 'https://a/b' }],
  ['avatar', 'https://a/b', { avatar_url: 'https://a/b' }],
  ['last_login', '2026-01-01', { last_login_at: '2026-01-01' }],
  ['premium_expires_at', '2026-01-01', { premium_until: '2026-01-01' }],
  ['google_id', '1', { identities: [{ provider: 'google', subject: '1' }] }],
  ['discord_id', '2', { identities: [{ provider: 'discord', subject: '2' }] }],
])('knows %s: %j', (name, value, fields) => {
  expect(fieldsOf({ [name]: value })).toEqual(fields);
});

it('takes identities from every field that tells one', () => {
  const own = { provider: 'acme', subject: '0' };
  const line = { identities: [own], google_id: '1', discord_id: '2' };
  const subjects = fieldsOf(line).identities as { subject: string }[];
  expect(subjects.map(({ subject }) => subject)).toEqual(['0', '1', '2']);
  expect(fieldsOf({ identities: 'none', google_id: '1' }).identities).toBe('none');
  expect(fieldsOf({ google_id: '1', identities: 'none' }).identities).toBe('none');
});

it('takes null and empty text for absent, and what follows from other fields for said', () => {
  const line = { email: null, bio: '', google_id: null, is_oauth: true, is_premium: false };
  expect(rename(line, false)).toEqual({ fields: {}, reasons: [] });
});

it.each([
  ['0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11', true],
  ['D1E0B0A4-5C7E-4B60-8E0F-2F7A2A1A9B55', true],
  ['00000000-0000-0000-0000-000000000000', false],
  [17, false],
  ['17', false],
])('keeps the id %j: %s', (id, isKept) => {
  expect(fieldsOf({ id })).toEqual(isKept ? { id } : {});
});

it.each([
  ['an unknown field', { pasword_hash: 'x' }, [['unknown_field', 'pasword_hash']]],
  ['a hash where a name should be', { $2b$10$secret: 1 }, [['unknown_field', 'a field']]],
  [
    'names that every object has',
    { constructor: 1, toString: 2 },
    [
      ['unknown_field', 'constructor'],
      ['unknown_field', 'toString'],
    ],
  ],
  [
    'one field under two names',
    { password_hash: 'a', hashed_password: 'b' },
    [['duplicate_field', 'hashed_password']],
  ],
  ['contradictory names', { is_active: true, disabled: true }, [['duplicate_field', 'disabled']]],
])('refuses %s', (_, line, codes) => {
  expect(codesOf(line)).toEqual(codes);
});

it('refuses __proto__, and lets it change nothing', () => {
  const line = JSON.parse('{"__proto__":{"role":"admin"},"username":"ada"}');
  expect(codesOf(line)).toEqual([['unknown_field', '__proto__']]);
  expect(rename(line, true).fields).toEqual({ username: 'ada' });
});

it('leaves unknown fields out on request', () => {
  expect(rename({ username: 'ada', shoe_size: 38 }, true)).toEqual({
    fields: { username: 'ada' },
    reasons: [],
  });
});
