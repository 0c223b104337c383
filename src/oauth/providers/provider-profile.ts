import { isEmail, isURL } from 'class-validator';
import { tidyEmail } from '../../common/http/fields';
import { isStorable } from '../../common/http/validation.pipe';
import type { FieldMap } from '../../config/oauth-settings';
import { AVATAR_URL } from '../../users/me.dto';

/** Who a provider says this is. Facts that are missing or odd are null; the subject never is. */
export interface ProviderProfile {
  readonly subject: string;
  /** Lower case, NFC. */
  readonly email: string | null;
  /** Only where the provider said so in so many words. */
  readonly hasVerifiedEmail: boolean;
  readonly name: string | null;
  readonly username: string | null;
  readonly picture: string | null;
}

const LONGEST_SUBJECT = 255;
const LONGEST_EMAIL = 254;
const LONGEST_NAME = 100;
const LONGEST_URL = 2048;

/** @throws Error where there is no usable subject: then nobody has proven anything */
export function readProfile(claims: unknown, fields: FieldMap): ProviderProfile {
  const email = readEmail(valueAt(claims, fields.email));
  return {
    subject: readSubject(valueAt(claims, fields.subject)),
    email,
    hasVerifiedEmail: email !== null && isTrue(valueAt(claims, fields.emailVerified)),
    name: readLine(valueAt(claims, fields.name)),
    username: readLine(valueAt(claims, fields.username)),
    picture: readUrl(valueAt(claims, fields.picture)),
  };
}

/** With the operator's word that every address of this provider is verified. */
export const vouched = (profile: ProviderProfile, isTrusted: boolean): ProviderProfile =>
  isTrusted ? { ...profile, hasVerifiedEmail: profile.email !== null } : profile;

/** OIDC says a boolean, and some say "true". Anything else, "false" above all, is not true. */
export const isTrue = (value: unknown): boolean => value === true || value === 'true';

/** An address as accounts have it, or null for what is none. */
export function readEmail(value: unknown): string | null {
  // isEmail throws at a lone surrogate.
  if (typeof value !== 'string' || !value.isWellFormed()) return null;
  const email = tidyEmail(value);
  const isGood =
    email.length <= LONGEST_EMAIL && isEmail(email) && /^[^"\p{C}\p{Z}]+$/u.test(email);
  return isGood && !Array.from(value).some(passesForAscii) ? email : null;
}

/** The Kelvin sign folds to k: a mailbox named with it is not the one that is named with k. */
const passesForAscii = (letter: string): boolean =>
  /[^\0-\x7f]/.test(letter) && /[\0-\x7f]/.test(tidyEmail(letter));

/** Follows a dotted path through own properties of plain objects. */
function valueAt(claims: unknown, path: string | null): unknown {
  return path
    ?.split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined,
      claims,
    );
}

function readSubject(value: unknown): string {
  // GitHub's ids are numbers. One that JSON cannot carry exactly could be somebody else's.
  const subject = Number.isSafeInteger(value) ? String(value) : value;
  const isGood =
    typeof subject === 'string' &&
    subject !== '' &&
    subject.length <= LONGEST_SUBJECT &&
    isStorable(subject);
  if (!isGood) throw new Error('the provider named no usable subject');
  return subject;
}

function readLine(value: unknown): string | null {
  if (typeof value !== 'string' || !value.isWellFormed()) return null;
  const line = value
    .normalize('NFC')
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim();
  // By code points, which leaves no half of one.
  return Array.from(line).slice(0, LONGEST_NAME).join('').trim() || null;
}

/** Only what a profile may hold: its owner sends it back with the rest of theirs. */
function readUrl(value: unknown): string | null {
  if (typeof value !== 'string' || !URL.canParse(value)) return null;
  const { href } = new URL(value);
  return href.length <= LONGEST_URL && isURL(href, AVATAR_URL) ? href : null;
}
