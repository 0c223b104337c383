import { foldedName } from './folded-name';

describe('foldedName', () => {
  it.each(['ADA', 'ａｄａ', ' a d a ', 'a\u200bda', 'a\u00a0da', 'Ada\u2003', '\u{1d41a}da'])(
    'folds %j to ada',
    (name) => {
      expect(foldedName(name)).toBe('ada');
    },
  );

  it('keeps names of different letters apart', () => {
    // A Cyrillic а is no spelling of the Latin one.
    expect(foldedName('\u0430da')).not.toBe('ada');
    expect(foldedName('ada.')).not.toBe('ada');
  });

  it('folds whatever the database takes for one name', () => {
    expect(foldedName('\u0130da')).toBe('ida');
    expect(foldedName('ΟΔΟΣ')).toBe(foldedName('οδοσ'));
  });

  it('folds what it has folded to itself', () => {
    for (const name of ['ａｄａ', 'ﬁona', 'İstanbul', 'ŉ', '\u00bd'])
      expect(foldedName(foldedName(name))).toBe(foldedName(name));
  });
});
