import { argon2d, argon2i, argon2id, hash } from 'argon2';
import { nodeRsArgon2, referenceArgon2 } from './argon2-engine';
import { faultOfImportedHash } from './imported-hash';

const WANTED = { memoryKib: 19_456, timeCost: 2, parallelism: 1 };
const SALT = 'AAECAwQFBgcICQoLDA0ODw';
const OUTPUT = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
/** Made by libxcrypt. */
const BCRYPT = '04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS';

const argon2 = (parameters: string, salt = SALT, output = OUTPUT): string =>
  `$argon2id$v=19$${parameters}$${salt}$${output}`;
const base64 = (bytes: number): string =>
  Buffer.alloc(bytes, 7).toString('base64').replace(/=+$/, '');
const faultOf = (text: string) => faultOfImportedHash(text, WANTED);

it.each([`$2a$${BCRYPT}`, `$2b$${BCRYPT}`, `$2y$${BCRYPT}`, `$2b$14${BCRYPT.slice(2)}`])(
  'takes bcrypt: %s',
  (text) => {
    expect(faultOf(text)).toBeNull();
  },
);

it.each([
  ['argon2id', argon2id, 19],
  ['argon2i', argon2i, 19],
  ['argon2d', argon2d, 19],
  ['argon2id of before version 1.3', argon2id, 16],
] as const)(
  'takes %s, at the least it may have, and both engines verify it',
  async (_, type, version) => {
    const options = { type, version, memoryCost: 32, timeCost: 2, parallelism: 4 };
    for (const [saltBytes, hashLength] of [
      [8, 4],
      [16, 32],
      [64, 64],
    ] as const) {
      const text = await hash('correct horse', {
        ...options,
        salt: Buffer.alloc(saltBytes, 5),
        hashLength,
      });
      expect([text, faultOf(text)]).toEqual([text, null]);
      for (const engine of [nodeRsArgon2(), referenceArgon2()]) {
        expect(await engine.verify(text, 'correct horse')).toBe(true);
        expect(await engine.verify(text, 'wrong horse')).toBe(false);
      }
    }
  },
);

it.each([
  ['nothing', ''],
  ['a password in the clear', 'correct horse battery'],
  ['MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ['PBKDF2', 'pbkdf2:sha256:600000$abc$def'],
  [
    'scrypt',
    '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E',
  ],
  ['MD5 crypt', '$1$abcdefgh$G//4keteveJp0qb8z2DxG/'],
  ['bcrypt of an unknown kind', `$2x$${BCRYPT}`],
  ['bcrypt cut short', `$2b$${BCRYPT.slice(0, -1)}`],
  ['bcrypt with a space behind it', `$2b$${BCRYPT} `],
  ['argon2 with its parameters in another order', argon2('t=2,m=64,p=1')],
  ['argon2 of a version to come', argon2('m=64,t=2,p=1').replace('v=19', 'v=20')],
])('refuses %s, which no sign-in could check', (_, text) => {
  expect(faultOf(text)).toBe('must be argon2 (a PHC string) or bcrypt ($2a$, $2b$ or $2y$)');
});

it.each([
  ['4 GiB of memory', argon2('m=4194304,t=1,p=1'), 'must take at most m=262144'],
  ['a little too much memory', argon2('m=262145,t=1,p=1'), 'must take at most m=262144'],
  ['a thousand passes', argon2('m=64,t=1000,p=1'), 'must take at most t=16'],
  [
    'the most memory and the most passes',
    argon2('m=262144,t=16,p=1'),
    'must take at most m times t = 1048576',
  ],
  ['a little too much work', argon2('m=262144,t=5,p=1'), 'must take at most m times t = 1048576'],
  ['seventeen lanes', argon2('m=65536,t=1,p=17'), 'must take at most p=16'],
  [
    'less memory than argon2 needs',
    argon2('m=15,t=1,p=2'),
    'must have at least 8 KiB of memory a lane',
  ],
  [
    'bcrypt that runs for a day',
    `$2b$31${BCRYPT.slice(2)}`,
    'must have a bcrypt cost from 4 to 14',
  ],
  ['bcrypt a little too slow', `$2b$15${BCRYPT.slice(2)}`, 'must have a bcrypt cost from 4 to 14'],
  ['bcrypt faster than bcrypt', `$2b$03${BCRYPT.slice(2)}`, 'must have a bcrypt cost from 4 to 14'],
])('refuses %s', (_, text, fault) => {
  expect(faultOf(text)).toBe(fault);
});

it.each(['m=262144,t=4,p=1', 'm=65536,t=16,p=4'])(
  'takes as much work as there may be: %s',
  (most) => {
    expect(faultOf(argon2(most))).toBeNull();
  },
);

it('takes whatever the service itself is configured to make', () => {
  const strong = { memoryKib: 1_048_576, timeCost: 20, parallelism: 20 };
  expect(faultOfImportedHash(argon2('m=1048576,t=20,p=20'), strong)).toBeNull();
});

it.each([
  ['a salt that is too short', SALT.slice(0, 9), OUTPUT],
  ['an endless salt', base64(65), OUTPUT],
  ['an output that is too short', SALT, 'AAEC'],
  ['an endless output', SALT, base64(65)],
  ['a salt with bits to spare', `${SALT.slice(0, -1)}x`, OUTPUT],
  ['an output with bits to spare', SALT, `${OUTPUT.slice(0, -1)}9`],
  ['a salt of one character too many', `${SALT}AAA`, OUTPUT],
])('refuses argon2 with %s', (_, salt, output) => {
  expect(faultOf(argon2('m=64,t=2,p=1', salt, output))).toMatch(/^has a salt or output/);
});

it.each([
  ['salt', `$2b$${BCRYPT.slice(0, 24)}v${BCRYPT.slice(25)}`],
  ['output', `$2b$${BCRYPT.slice(0, -1)}T`],
])('refuses bcrypt whose %s has bits set that bcrypt never sets', (_, text) => {
  expect(faultOf(text)).toMatch(/^has bits set/);
});
