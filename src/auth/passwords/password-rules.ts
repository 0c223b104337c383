/** The rules on a new password that cost nothing to check. */

export interface PasswordOwner {
  readonly username?: string | null;
  readonly email?: string | null;
}

const LEAST_CHARACTERS = 8;
const MOST_CHARACTERS = 128;

const CLASSES: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['an upper-case letter', /\p{Lu}/u],
  ['a lower-case letter', /\p{Ll}/u],
  ['a digit', /\p{Nd}/u],
  ['a symbol', /[^\p{Lu}\p{Ll}\p{Nd}]/u],
];

const listed = new Intl.ListFormat('en');

const folded = (text: string): string => text.normalize('NFC').toLowerCase();

/** Advice for each rule that the password breaks. A character is a code point. */
export function brokenRules(
  password: string,
  owner: PasswordOwner,
  { requireClasses }: { readonly requireClasses: boolean },
): string[] {
  const advice: string[] = [];
  const characters = Array.from(password).length;
  if (characters < LEAST_CHARACTERS) advice.push(`Use at least ${LEAST_CHARACTERS} characters.`);
  if (characters > MOST_CHARACTERS) advice.push(`Use at most ${MOST_CHARACTERS} characters.`);
  if (owner.username && folded(password) === folded(owner.username))
    advice.push('Use something other than your username.');
  if (owner.email && folded(password) === folded(owner.email))
    advice.push('Use something other than your e-mail address.');
  const missing = CLASSES.filter(([, pattern]) => !pattern.test(password)).map(([name]) => name);
  if (requireClasses && missing.length > 0) advice.push(`Add ${listed.format(missing)}.`);
  return advice;
}
