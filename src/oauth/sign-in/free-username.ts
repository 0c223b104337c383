const LEAST = 3;
const MOST = 50;
/** Leaves room for a suffix. */
const LONGEST_STEM = 40;

/**
 * What a new user may be called: of the e-mail's local part, the provider's username or the name,
 * the first that leaves three letters once everything that a username cannot hold is gone.
 */
export function usernameStem(...wishes: readonly (string | null | undefined)[]): string {
  for (const wish of wishes) {
    const stem = (wish ?? '')
      .split('@')[0]!
      .normalize('NFKD')
      .replaceAll(/\p{M}/gu, '')
      .replaceAll(/[^A-Za-z0-9_.-]+/g, '_')
      .replaceAll(/^[_.-]+|[_.-]+$/g, '')
      .toLowerCase()
      .slice(0, LONGEST_STEM);
    if (stem.length >= LEAST) return stem;
  }
  return 'user';
}

/** The stem itself at first, then with ever more of `digits` behind it. */
export const usernameCandidate = (stem: string, attempt: number, digits: string): string =>
  attempt === 0 ? stem : `${stem}_${digits.slice(0, 3 + attempt)}`.slice(0, MOST);
