import { dummyHash, isAffordable, needsRehash, parsePasswordHash } from './password-hash';

const WANTED = { memoryKib: 19_456, timeCost: 2, parallelism: 1 };
const SALT = 'W98pwaNbjuR4agEyHZ+RqA';
const OUTPUT = 'M/A2+qfdSPNiqOv3SIPtgD6Fx0eOENBYpik08i6BYM8';
const BCRYPT_REST = 'CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';

const argon2 = (head: string, salt = SALT, output = OUTPUT) => `$${head}$${salt}$${output}`;
const wanted = argon2('argon2id$v=19$m=19456,t=2,p=1');

describe('parsePasswordHash', () => {
  it.each(['argon2id', 'argon2i', 'argon2d'])('reads %s', (scheme) => {
    expect(parsePasswordHash(argon2(`${scheme}$v=19$m=65536,t=3,p=4`))).toEqual({
      scheme,
      version: 19,
      memoryKib: 65_536,
      timeCost: 3,
      parallelism: 4,
      saltBytes: 16,
      outputBytes: 32,
    });
  });

  it.each([
    ['v=16', argon2('argon2i$v=16$m=64,t=3,p=1')],
    ['no version at all', argon2('argon2i$m=64,t=3,p=1')],
  ])('reads %s as version 16', (_, hash) => {
    expect(parsePasswordHash(hash)).toMatchObject({ scheme: 'argon2i', version: 16 });
  });

  it.each([
    ['$2a$05$', 5],
    ['$2b$12$', 12],
    ['$2y$31$', 31],
  ])('reads bcrypt %s', (prefix, cost) => {
    expect(parsePasswordHash(prefix + BCRYPT_REST)).toEqual({ scheme: 'bcrypt', cost });
  });

  it.each([
    ['nothing', ''],
    ['a plain password', 'hunter2'],
    ['an MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
    ['another PHC scheme', '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4'],
    ['bcrypt $2x$', `$2x$05$${BCRYPT_REST}`],
    ['bcrypt $2$', `$2$05$${BCRYPT_REST}`],
    ['bcrypt one character short', `$2b$05$${BCRYPT_REST.slice(1)}`],
    ['bcrypt one character long', `$2b$05$${BCRYPT_REST}x`],
    ['bcrypt with a signed cost', `$2b$+5$${BCRYPT_REST}`],
    ['argon2 cut off', wanted.slice(0, wanted.lastIndexOf('$'))],
    ['argon2 with an empty output', argon2('argon2id$v=19$m=64,t=2,p=1', SALT, '')],
    ['argon2 of an unknown version', argon2('argon2id$v=20$m=64,t=2,p=1')],
    ['argon2 of an unknown type', argon2('argon2x$v=19$m=64,t=2,p=1')],
    ['argon2 with parameters in another order', argon2('argon2id$v=19$t=2,m=64,p=1')],
    ['argon2 with a parameter missing', argon2('argon2id$v=19$m=64,t=2')],
    ['argon2 with a zero', argon2('argon2id$v=19$m=64,t=0,p=1')],
    ['argon2 with a negative number', argon2('argon2id$v=19$m=-64,t=2,p=1')],
    ['argon2 with a leading zero', argon2('argon2id$v=19$m=064,t=2,p=1')],
    ['a trailing line break', `${wanted}\n`],
    ['a leading space', ` ${wanted}`],
  ])('does not know %s', (_, hash) => expect(parsePasswordHash(hash)).toBeNull());
});

describe('needsRehash', () => {
  it.each([
    ['the parameters in use', wanted, false],
    ['more memory', argon2('argon2id$v=19$m=19457,t=2,p=1'), true],
    ['less memory', argon2('argon2id$v=19$m=19455,t=2,p=1'), true],
    ['more passes', argon2('argon2id$v=19$m=19456,t=3,p=1'), true],
    ['fewer passes', argon2('argon2id$v=19$m=19456,t=1,p=1'), true],
    ['more lanes', argon2('argon2id$v=19$m=19456,t=2,p=2'), true],
    ['argon2i', argon2('argon2i$v=19$m=19456,t=2,p=1'), true],
    ['argon2d', argon2('argon2d$v=19$m=19456,t=2,p=1'), true],
    ['version 16', argon2('argon2id$v=16$m=19456,t=2,p=1'), true],
    ['no version', argon2('argon2id$m=19456,t=2,p=1'), true],
    ['a 15-byte salt', argon2('argon2id$v=19$m=19456,t=2,p=1', SALT.slice(0, 20)), true],
    ['a 17-byte salt', argon2('argon2id$v=19$m=19456,t=2,p=1', `${SALT}A`), false],
    ['a 31-byte output', argon2('argon2id$v=19$m=19456,t=2,p=1', SALT, OUTPUT.slice(0, 42)), true],
    ['bcrypt', `$2b$12$${BCRYPT_REST}`, true],
    ['nothing known', 'nonsense', true],
  ])('of %s', (_, hash, answer) => expect(needsRehash(hash, WANTED)).toBe(answer));
});

const affordable = (hash: string, inUse = WANTED) => isAffordable(parsePasswordHash(hash)!, inUse);

describe('isAffordable', () => {
  it.each([
    ['1 GiB', argon2('argon2id$v=19$m=1048576,t=2,p=1'), true],
    ['1 KiB more', argon2('argon2id$v=19$m=1048577,t=2,p=1'), false],
    ['4 GiB', argon2('argon2id$v=19$m=4194304,t=2,p=1'), false],
    ['64 passes', argon2('argon2id$v=19$m=64,t=64,p=1'), true],
    ['65 passes', argon2('argon2id$v=19$m=64,t=65,p=1'), false],
    ['64 lanes', argon2('argon2id$v=19$m=512,t=2,p=64'), true],
    ['65 lanes', argon2('argon2id$v=19$m=520,t=2,p=65'), false],
    ['bcrypt at cost 16', `$2b$16$${BCRYPT_REST}`, true],
    ['bcrypt at cost 17', `$2b$17$${BCRYPT_REST}`, false],
    ['bcrypt at cost 99', `$2b$99$${BCRYPT_REST}`, false],
  ])('says of %s', (_, hash, answer) => expect(affordable(hash)).toBe(answer));

  it('takes more where the parameters in use are more, so that nobody is locked out', () => {
    const inUse = { memoryKib: 2_097_152, timeCost: 100, parallelism: 1 };
    expect(affordable(argon2('argon2id$v=19$m=2097152,t=100,p=1'), inUse)).toBe(true);
    expect(affordable(argon2('argon2id$v=19$m=2097153,t=100,p=1'), inUse)).toBe(false);
    expect(affordable(argon2('argon2id$v=19$m=2097152,t=101,p=1'), inUse)).toBe(false);
  });
});

describe('dummyHash', () => {
  it('is a hash with exactly the parameters in use', () => {
    expect(parsePasswordHash(dummyHash(WANTED))).toEqual(parsePasswordHash(wanted));
    expect(needsRehash(dummyHash(WANTED), WANTED)).toBe(false);
  });
});
