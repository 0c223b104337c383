import { Logger } from '@nestjs/common';
import {
  type Argon2Engine,
  loadArgon2Engine,
  nodeRsArgon2,
  referenceArgon2,
} from './argon2-engine';

const CHEAP = { memoryKib: 64, timeCost: 2, parallelism: 1 };

const engines: Record<string, Argon2Engine> = {
  '@node-rs/argon2': nodeRsArgon2(),
  argon2: referenceArgon2(),
};

const passwords = [
  'correct horse battery staple',
  ' spaces stay ',
  'пароль-密碼-🔐',
  'e\u0301 is not \u00e9',
  '😀'.repeat(128),
  'nul\0inside',
  'x'.repeat(1024),
  '',
];

describe.each([
  { maker: '@node-rs/argon2', checker: '@node-rs/argon2' },
  { maker: '@node-rs/argon2', checker: 'argon2' },
  { maker: 'argon2', checker: '@node-rs/argon2' },
  { maker: 'argon2', checker: 'argon2' },
])('a hash of $maker, checked by $checker', ({ maker, checker }) => {
  const made = engines[maker]!;
  const checked = engines[checker]!;

  it.each(passwords)('is verified for %j and for nothing else', async (password) => {
    const hash = await made.hash(password, CHEAP);
    await expect(checked.verify(hash, password)).resolves.toBe(true);
    await expect(checked.verify(hash, `${password}.`)).resolves.toBe(false);
  });

  it('tells what a NUL, a trailing space and another normal form make different', async () => {
    await expect(checked.verify(await made.hash('a\0b', CHEAP), 'a')).resolves.toBe(false);
    await expect(checked.verify(await made.hash('a ', CHEAP), 'a')).resolves.toBe(false);
    const composed = await made.hash('\u00e9', CHEAP);
    await expect(checked.verify(composed, 'e\u0301')).resolves.toBe(false);
  });

  it('rejects what is no hash', async () => {
    await expect(checked.verify('nonsense', 'password')).rejects.toHaveProperty('message');
  });
});

describe.each(Object.keys(engines))('the engine %s', (name) => {
  const engine = engines[name]!;

  it('says its name', () => expect(engine.name).toBe(name));

  it('makes argon2id v=19 with a new 16-byte salt and 32 bytes of output each time', async () => {
    const parameters = { memoryKib: 128, timeCost: 3, parallelism: 2 };
    const [one, other] = await Promise.all([
      engine.hash('password', parameters),
      engine.hash('password', parameters),
    ]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=128,t=3,p=2\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(other);
  });

  it.each(['argon2d', 'argon2i', 'argon2id'])('verifies %s, v=16 included', async (type) => {
    const library = jest.requireActual<typeof import('argon2')>('argon2');
    for (const version of [16, 19]) {
      const options = { memoryCost: 64, timeCost: 3, parallelism: 2, version };
      const types = { argon2d: 0, argon2i: 1, argon2id: 2 } as const;
      const hash = await library.hash('päss', { ...options, type: types[type as 'argon2d'] });
      expect(hash.startsWith(`$${type}$v=${version}$`)).toBe(true);
      await expect(engine.verify(hash, 'päss')).resolves.toBe(true);
      await expect(engine.verify(hash, 'pass')).resolves.toBe(false);
    }
  });
});

describe('loadArgon2Engine', () => {
  afterEach(() => {
    jest.dontMock('@node-rs/argon2');
    jest.restoreAllMocks();
  });

  it('prefers the faster engine', () => expect(loadArgon2Engine().name).toBe('@node-rs/argon2'));

  it('falls back to argon2, and says why, where the faster one does not load', async () => {
    const log = jest.spyOn(Logger.prototype, 'log').mockReturnValue();
    jest.resetModules();
    jest.doMock('@node-rs/argon2', () => {
      throw new Error('Cannot find native binding.\nRequire stack: ...');
    });
    const engine = loadArgon2Engine();
    expect(engine.name).toBe('argon2');
    expect(log).toHaveBeenCalledWith(
      'hashing with the slower argon2 package: Cannot find native binding.',
    );
    await expect(engine.verify(await engine.hash('pw', CHEAP), 'pw')).resolves.toBe(true);
  });
});
