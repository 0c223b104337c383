import * as fc from 'fast-check';
import { anyText, forAll } from '../../../test/support/fuzz';
import { brokenRules } from './password-rules';
import { loadStrengthMeter } from './strength-meter';

const owner = fc.record({ username: fc.option(anyText()), email: fc.option(anyText()) });

it('a password of 8 to 128 characters of any script breaks no rule but to be the owner’s name', () => {
  forAll([anyText(140), owner], (password, about) => {
    const length = Array.from(password).length;
    const broken = brokenRules(password, about, { requireClasses: false });
    const isOwn = broken.some((rule) => rule.startsWith('Use something other'));
    const isLong = length >= 8 && length <= 128;
    expect(broken.length - Number(isOwn) === 0).toBe(isLong || isOwn);
    for (const rule of broken) expect(rule).toMatch(/^[A-Z][\w ,-]+\.$/);
  });
});

it('the owner’s name is no password, in whatever case it is written', () => {
  const name = anyText().filter((text) => text !== '');
  forAll([name, fc.boolean()], (username, isUpper) => {
    const respelt = isUpper ? username.toUpperCase() : username.normalize('NFD');
    fc.pre(respelt.toLowerCase().normalize('NFC') === username.normalize('NFC').toLowerCase());
    expect(brokenRules(respelt, { username }, { requireClasses: false })).toContain(
      'Use something other than your username.',
    );
  });
});

it('with classes asked for, what is taken has all four', () => {
  const part = fc.constantFrom('a', 'É', '7', '-', '한', '٣', '😀', 'ß');
  forAll([fc.string({ unit: part, minLength: 6, maxLength: 20 })], (password) => {
    const isTaken = brokenRules(password, {}, { requireClasses: true }).length === 0;
    const classes = [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u, /[^\p{Lu}\p{Ll}\p{Nd}]/u];
    const isWhole = classes.every((pattern) => pattern.test(password));
    expect(isTaken).toBe(isWhole && Array.from(password).length >= 8);
  });
});

it('any password has a score from 0 to 4 and advice that does not hold it', () => {
  const meter = loadStrengthMeter();
  const guessable = fc
    .array(fc.constantFrom('qwerty', '2026', 'aaaa', 'password', '1a1A', '\u0000', 'ß'), {
      maxLength: 20,
    })
    .map((parts) => parts.join(''));
  const password = fc.oneof(anyText(128), guessable).map((text) => text.slice(0, 128));
  forAll(
    [password, owner],
    (given, about) => {
      const { score, advice } = meter(given, about);
      expect([0, 1, 2, 3, 4]).toContain(score);
      expect(given.length > 8 && advice.includes(given)).toBe(false);
    },
    { runs: 60 },
  );
});
