/**
 * What spellings of one name have in common: case, full or half width, other compatibility forms,
 * and white space or invisible characters in it.
 */
export const foldedName = (name: string): string =>
  name
    .normalize('NFKC')
    .replaceAll(/[\s\p{Cf}]+/gu, '')
    .toLowerCase()
    // Where this goes by more than one letter, Postgres does not: to it İ is an i, and σ always σ.
    .replaceAll('i\u0307', 'i')
    .replaceAll('ς', 'σ');
