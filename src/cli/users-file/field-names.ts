import type { Fields } from './json-line';
import { shown } from './json-line';
import { type Reason, reason } from './refusal';

/** A field of a user from whatever its name is in the file. */
interface Meaning {
  readonly field: string;
  readonly read?: (value: unknown) => unknown;
}

const OWN = [
  'id',
  'username',
  'email',
  'password_hash',
  'is_verified',
  'email_verified_at',
  'is_active',
  'role',
  'display_name',
  'full_name',
  'bio',
  'avatar_url',
  'niche_preference',
  'locale',
  'created_at',
  'updated_at',
  'last_login_at',
  'premium_until',
  'customer_id',
  'plan_id',
  'subscription_id',
  'subscription_status',
  'subscription_last_renew',
  'subscription_next_renew',
  'subscription_occurred_at',
  'identities',
];

/** What users' tables elsewhere call the same thing: docs/cli.md has the list for people. */
const ALIASES: readonly (readonly [name: string, field: string])[] = [
  ['hashed_password', 'password_hash'],
  ['email_verified', 'is_verified'],
  ['verified', 'is_verified'],
  ['name', 'full_name'],
  ['avatar', 'avatar_url'],
  ['picture', 'avatar_url'],
  ['last_login', 'last_login_at'],
  ['premium_expires_at', 'premium_until'],
  ['premium_expiry', 'premium_until'],
];

const opposite = (value: unknown): unknown => {
  if (value === true || value === 1) return false;
  return value === false || value === 0 ? true : value;
};

const identityAt =
  (provider: string) =>
  (subject: unknown): unknown => [{ provider, subject }];

const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...OWN.map((name) => [name, { field: name }] as const),
  ...ALIASES.map(([name, field]) => [name, { field }] as const),
  ['disabled', { field: 'is_active', read: opposite }],
  ['google_id', { field: 'identities', read: identityAt('google') }],
  ['discord_id', { field: 'identities', read: identityAt('discord') }],
]);

/** Follow from the other fields: told, and not stored. */
const DERIVED = new Set(['is_oauth', 'is_premium']);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

interface Renamed {
  readonly fields: Fields;
  readonly reasons: readonly Reason[];
}

/**
 * The line under our names. Null and empty text count as absent, and so does an id that is no UUID,
 * such as the number of a row elsewhere. Unknown names are refused, since one may be a misspelt
 * password, unless `ignoresUnknown`.
 */
export function rename(line: Fields, ignoresUnknown: boolean): Renamed {
  const fields = new Map<string, unknown>();
  const reasons: Reason[] = [];
  for (const [name, value] of Object.entries(line)) {
    const meaning = MEANINGS.get(name);
    if (!meaning) {
      if (!ignoresUnknown && !DERIVED.has(name))
        reasons.push(reason('unknown_field', shown(name), 'is no field of a user'));
      continue;
    }
    if (value === null || value === '' || (name === 'id' && !isUuid(value))) continue;
    const { field, read = (same: unknown) => same } = meaning;
    const before = fields.get(field);
    if (before === undefined) fields.set(field, read(value));
    else if (field === 'identities') fields.set(field, joined(before, read(value)));
    else reasons.push(reason('duplicate_field', name, `is given under another name too`));
  }
  return { fields: Object.fromEntries(fields), reasons };
}

const isUuid = (value: unknown): boolean => typeof value === 'string' && UUID.test(value);

/** What is no list stays as it is, to be refused for that. */
const joined = (one: unknown, other: unknown): unknown => {
  if (!Array.isArray(one)) return one;
  return Array.isArray(other) ? [...(one as unknown[]), ...(other as unknown[])] : other;
};
