import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppConfig } from '../../config/app-config';
import { Telemetry } from '../../telemetry/telemetry';
import { HashingLane } from '../../limits/hashing-lane';
import { OverloadedError } from '../../limits/limits.errors';
import { ARGON2_ENGINE, type Argon2Engine, loadArgon2Engine } from './argon2-engine';
import { PasswordHasher } from './password-hasher';

const CHEAP = { memoryKib: 64, timeCost: 2, parallelism: 1 };
const SALT = 'W98pwaNbjuR4agEyHZ+RqA';
const OUTPUT = 'M/A2+qfdSPNiqOv3SIPtgD6Fx0eOENBYpik08i6BYM8';

const engine = loadArgon2Engine();
const verify = jest.fn<Promise<boolean>, [string, string]>();
const counted: Argon2Engine = { ...engine, verify };
const run = jest.fn();

/** The parameters of every verification that the engine was asked for. */
const verified = () => verify.mock.calls.map(([hash]) => hash.split('$').slice(1, 4).join('$'));

describe('PasswordHasher', () => {
  let hasher: PasswordHasher;
  let warn: jest.SpyInstance;

  beforeEach(async () => {
    verify.mockReset().mockImplementation((hash, password) => engine.verify(hash, password));
    warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const lane = new HashingLane({}, new Telemetry());
    run.mockReset().mockImplementation((job: () => Promise<unknown>) => lane.run(job));
    const module = await Test.createTestingModule({
      providers: [
        PasswordHasher,
        { provide: AppConfig, useValue: { passwords: { argon2: CHEAP } } },
        { provide: ARGON2_ENGINE, useValue: counted },
        { provide: HashingLane, useValue: { run } },
      ],
    }).compile();
    hasher = module.get(PasswordHasher);
  });

  afterEach(() => jest.restoreAllMocks());

  it('makes argon2id with the configured parameters, and verifies it', async () => {
    const hash = await hasher.hash('grüne Soße');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=64,t=2,p=1\$/);
    await expect(hasher.verify(hash, 'grüne Soße')).resolves.toBe(true);
    await expect(hasher.verify(hash, 'gruene Sosse')).resolves.toBe(false);
    expect(hasher.needsRehash(hash)).toBe(false);
    expect(warn).not.toHaveBeenCalled();
  });

  it('takes passwords as they are: spaces, case and normal form count', async () => {
    const hash = await hasher.hash(' Caf\u00e9 ');
    for (const other of ['Caf\u00e9', ' caf\u00e9 ', ' Cafe\u0301 '])
      await expect(hasher.verify(hash, other)).resolves.toBe(false);
  });

  describe('for an unknown user', () => {
    it('does one verification with the parameters in use, as for a known one', async () => {
      await hasher.verify(await hasher.hash('password'), 'wrong');
      const known = verified();
      verify.mockClear();
      await expect(hasher.verify(null, 'wrong')).resolves.toBe(false);
      expect(verified()).toEqual(known);
      expect(known).toEqual(['argon2id$v=19$m=64,t=2,p=1']);
      expect(warn).not.toHaveBeenCalled();
    });

    it('is false even if the engine said otherwise', async () => {
      verify.mockResolvedValue(true);
      await expect(hasher.verify(null, '')).resolves.toBe(false);
    });
  });

  describe('with bcrypt', () => {
    // Of Openwall's crypt_blowfish, pyca/bcrypt and crypt_blowfish again: one algorithm, three labels.
    const rest = '05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';
    it.each([
      [`$2a$${rest}`, 'U*U'],
      ['$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a', 'U*U*U'],
      ['$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm', 'Kk4DQuMMfZL9o'],
      [`$2y$${rest}`, 'U*U'],
    ])('verifies %s and asks for a new hash', async (hash, password) => {
      await expect(hasher.verify(hash, password)).resolves.toBe(true);
      await expect(hasher.verify(hash, `${password}.`)).resolves.toBe(false);
      expect(hasher.needsRehash(hash)).toBe(true);
      expect(verify).not.toHaveBeenCalled();
      expect(run).toHaveBeenCalledTimes(2);
    });

    it('cuts the password after 72 bytes, as bcrypt always did', async () => {
      const hash = '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui';
      const letters = 'abcdefghijklmnopqrstuvwxyz';
      const first72 = `0123456789${letters}${letters.toUpperCase()}0123456789`;
      await expect(hasher.verify(hash, `${first72}chars after 72 are ignored`)).resolves.toBe(true);
      await expect(hasher.verify(hash, `${first72.slice(0, -1)}x`)).resolves.toBe(false);
    });
  });

  describe('with argon2 of other parameters', () => {
    it.each([
      { memoryKib: 128, timeCost: 2, parallelism: 1 },
      { memoryKib: 64, timeCost: 1, parallelism: 1 },
      { memoryKib: 64, timeCost: 2, parallelism: 2 },
    ])('verifies %j and asks for a new hash', async (parameters) => {
      const hash = await engine.hash('password', parameters);
      await expect(hasher.verify(hash, 'password')).resolves.toBe(true);
      expect(hasher.needsRehash(hash)).toBe(true);
    });
  });

  describe('with a stored hash that cannot be used', () => {
    const unusable = {
      empty: '',
      'plain text': 'hunter2hunter2',
      'cut off': `$argon2id$v=19$m=64,t=2,p=1$${SALT}$`,
      '4 GiB of memory': `$argon2id$v=19$m=4194304,t=2,p=1$${SALT}$${OUTPUT}`,
      'a billion passes': `$argon2id$v=19$m=64,t=1000000000,p=1$${SALT}$${OUTPUT}`,
      'bcrypt for a day': '$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    };

    it.each(Object.entries(unusable))('(%s) is false after one dummy', async (_, hash) => {
      await expect(hasher.verify(hash, 'hunter2hunter2')).resolves.toBe(false);
      expect(verified()).toEqual(['argon2id$v=19$m=64,t=2,p=1']);
      expect(run).toHaveBeenCalledTimes(1);
      expect(warn).toHaveBeenCalledTimes(1);
      expect(hasher.needsRehash(hash)).toBe(true);
    });

    it.each([
      ['a salt too short', `$argon2id$v=19$m=64,t=2,p=1$c2FsdA$${OUTPUT}`],
      ['an output too short', `$argon2id$v=19$m=64,t=2,p=1$${SALT}$aGFz`],
      ['less memory than its lanes need', `$argon2id$v=19$m=8,t=2,p=4$${SALT}$${OUTPUT}`],
    ])('(%s, which the engine rejects) is false after one dummy', async (_, hash) => {
      await expect(hasher.verify(hash, 'password')).resolves.toBe(false);
      expect(verified().at(-1)).toBe('argon2id$v=19$m=64,t=2,p=1');
      expect(verify).toHaveBeenCalledTimes(2);
      expect(warn).toHaveBeenCalledTimes(1);
    });

    it('says so in the log without hash or password', async () => {
      for (const hash of Object.values(unusable)) await hasher.verify(hash, 'hunter2hunter2');
      const logged = JSON.stringify(warn.mock.calls);
      expect(logged).toContain('a stored password hash cannot be used');
      expect(logged).not.toMatch(/hunter2|\$|W98pwaNb|CCCC/);
    });
  });

  it('goes through the lane once for each hash and each verification', async () => {
    const hash = await hasher.hash('password');
    await hasher.verify(hash, 'password');
    await hasher.verify(null, 'password');
    expect(run).toHaveBeenCalledTimes(3);
  });

  it('passes on that the lane is full, for known and unknown users alike', async () => {
    run.mockRejectedValue(new OverloadedError(2));
    await expect(hasher.verify(null, 'password')).rejects.toThrow(OverloadedError);
    await expect(hasher.hash('password')).rejects.toThrow(OverloadedError);
    expect(verify).not.toHaveBeenCalled();
  });
});
