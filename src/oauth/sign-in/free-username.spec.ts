import { usernameCandidate, usernameStem } from './free-username';

const USERNAME = /^[A-Za-z0-9_.-]{3,50}$/;
const DIGITS = '0123456789abcdef0123456789abcdef';

describe('what a new user may be called', () => {
  it.each([
    ['ada@example.com', 'ada'],
    ['Ada.Lovelace@example.com', 'ada.lovelace'],
    ['ada_l-1815@example.com', 'ada_l-1815'],
    ['ada+news@example.com', 'ada_news'],
    ["o'brien@example.com", 'o_brien'],
    ['ada', 'ada'],
    ['ADA', 'ada'],
    ['Ada Lovelace', 'ada_lovelace'],
    ['  Ada   Lovelace  ', 'ada_lovelace'],
    ['ada#1815', 'ada_1815'],
    ['.ada.', 'ada'],
    ['-_.ada._-', 'ada'],
    ['a b', 'a_b'],
    ['a\0b\nc', 'a_b_c'],
    ['Zoë Çelik', 'zoe_celik'],
    ['Ångström', 'angstrom'],
    ['ﬁona', 'fiona'],
    ['Ａｄａ', 'ada'],
    ['①②③', '123'],
    ['Straße', 'stra_e'],
    ['ada 李', 'ada'],
    ['ada💩lovelace', 'ada_lovelace'],
    ['\ud800ada\udc00', 'ada'],
    ['x'.repeat(40), 'x'.repeat(40)],
    ['x'.repeat(300), 'x'.repeat(40)],
  ])('%j makes %s', (wish, stem) => {
    expect(usernameStem(wish)).toBe(stem);
  });

  it.each([
    '',
    ' ',
    'ab',
    'jo@example.com',
    '@example.com',
    '---',
    '._-',
    '李小龍',
    'Ελένη',
    '💩💩💩',
    '\0\0\0',
    '\u200b\u200d\u202e',
  ])('%j leaves nothing, so it is user', (wish) => {
    expect(usernameStem(wish)).toBe('user');
  });

  it.each([
    [['ada@example.com', 'countess', 'Ada Lovelace'], 'ada'],
    [['al@example.com', 'countess', 'Ada Lovelace'], 'countess'],
    [[null, 'countess', 'Ada Lovelace'], 'countess'],
    [[undefined, null, 'Ada Lovelace'], 'ada_lovelace'],
    [['李@example.com', '小龍', 'Bruce Lee'], 'bruce_lee'],
    [['al@example.com', 'al', 'Al'], 'user'],
    [[null, null, null], 'user'],
    [[], 'user'],
  ])('of %j the first that leaves three letters makes %s', (wishes, stem) => {
    expect(usernameStem(...wishes)).toBe(stem);
  });
});

describe('where that is taken', () => {
  it.each([
    ['ada', 0, 'ada'],
    ['ada', 1, 'ada_0123'],
    ['ada', 2, 'ada_01234'],
    ['ada', 6, 'ada_012345678'],
    ['x'.repeat(40), 0, 'x'.repeat(40)],
    ['x'.repeat(40), 6, `${'x'.repeat(40)}_012345678`],
  ])('%s is at attempt %d called %s', (stem, attempt, candidate) => {
    expect(usernameCandidate(stem, attempt, DIGITS)).toBe(candidate);
  });

  it('every candidate is a username, whatever was wished for', () => {
    const wishes = ['ada@example.com', 'x'.repeat(300), '💩', `${'x'.repeat(39)}...y`, 'a b', ''];
    for (const wish of wishes)
      for (let attempt = 0; attempt <= 32; attempt++)
        expect(usernameCandidate(usernameStem(wish), attempt, DIGITS)).toMatch(USERNAME);
  });
});
