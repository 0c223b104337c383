import { generateKeyPairSync } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { FixedClock } from '../../../test/support/fixed-clock';
import type { AccessTokenAlgorithm, AppConfig } from '../../config/app-config';
import type { PublicJwk } from './key-pair';
import { KeyRing } from './key-ring';
import type { KeyRotation } from './key-rotation.service';
import type { KeySeal } from './key-seal';
import type { SigningKey } from './signing-key.entity';
import type { SigningKeysRepository } from './signing-keys.repository';

const SECOND = 1000;

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicJwk = publicKey.export({ format: 'jwk' }) as PublicJwk;
const clock = new FixedClock();

const keyOf = (change: Partial<SigningKey> = {}): SigningKey => ({
  kid: 'k'.repeat(43),
  algorithm: 'ES256',
  publicJwk,
  privateKey: Buffer.from('sealed'),
  createdAt: clock.now(),
  activatesAt: clock.now(),
  retiresAt: null,
  expiresAt: null,
  revokedAt: null,
  ...change,
});

describe('KeyRing', () => {
  const list = jest.fn<Promise<SigningKey[]>, []>();
  const ensure = jest.fn<Promise<void>, []>();
  const open = jest.fn();
  const warn = jest.fn();
  const error = jest.fn();
  let ring: KeyRing;
  const ringOf = (accessTokenAlgorithm: AccessTokenAlgorithm) =>
    new KeyRing(
      { list } as unknown as SigningKeysRepository,
      { ensure } as unknown as KeyRotation,
      { open } as unknown as KeySeal,
      { tokens: { accessTokenAlgorithm } } as AppConfig,
      clock,
    );
  beforeEach(() => {
    jest.useFakeTimers();
    jest.resetAllMocks();
    Logger.overrideLogger({ log: jest.fn(), warn, error });
    list.mockResolvedValue([keyOf()]);
    ensure.mockResolvedValue();
    open.mockReturnValue(privateKey);
    ring = ringOf('ES256');
  });
  afterEach(async () => {
    await ring.beforeApplicationShutdown();
    jest.useRealTimers();
  });

  it('reads the keys at the start, after the first one is there, and twice a minute', async () => {
    let hasOne = false;
    ensure.mockImplementation(async () => void (hasOne = true));
    list.mockImplementation(async () => (hasOne ? [keyOf()] : []));
    await ring.onModuleInit();
    expect(ring.signer()?.kid).toBe(keyOf().kid);
    expect(list).toHaveBeenCalledTimes(1);
    for (const times of [2, 3]) {
      await jest.advanceTimersByTimeAsync(30 * SECOND - 1);
      expect(list).toHaveBeenCalledTimes(times - 1);
      await jest.advanceTimersByTimeAsync(1);
      expect(list).toHaveBeenCalledTimes(times);
    }
  });

  it('goes on with what it knows when the database does not answer, and tries again', async () => {
    await ring.onModuleInit();
    list.mockRejectedValueOnce(new Error('away'));
    await jest.advanceTimersByTimeAsync(30 * SECOND);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(ring.signer()).not.toBeNull();
    list.mockResolvedValue([]);
    await jest.advanceTimersByTimeAsync(30 * SECOND);
    expect(ring.published()).toEqual([]);
  });

  it('does not start where the first key cannot be made', async () => {
    ensure.mockRejectedValueOnce(new Error('SECRET_KEY: does not open'));
    await expect(ring.onModuleInit()).rejects.toThrow('SECRET_KEY: does not open');
  });

  it('has a key made where none is left that signs', async () => {
    await ring.onModuleInit();
    list.mockResolvedValueOnce([keyOf({ retiresAt: clock.now() })]);
    const fresh = keyOf({ kid: 'f'.repeat(43) });
    list.mockResolvedValueOnce([keyOf({ retiresAt: clock.now() }), fresh]);
    await ring.reload();
    expect(ensure).toHaveBeenCalledTimes(2);
    expect(ring.signer()?.kid).toBe(fresh.kid);
  });

  it('opens each private key once, and none that has nothing more to sign', async () => {
    list.mockResolvedValue([keyOf(), keyOf({ kid: 'r'.repeat(43), retiresAt: clock.now() })]);
    await ring.onModuleInit();
    await ring.reload();
    expect(open.mock.calls.map(([, { kid }]) => kid)).toEqual([keyOf().kid]);
  });

  it('says which key it cannot open, and nothing more of it, and verifies with it still', async () => {
    open.mockReturnValue(null);
    await ring.onModuleInit();
    expect(ring.signer()).toBeNull();
    expect(await ring.find(keyOf().kid)).not.toBeNull();
    const said = error.mock.calls.map(([message]) => message);
    const line = { msg: 'SECRET_KEY does not open a signing key', kid: keyOf().kid };
    expect(said).toEqual([line, line]);
  });

  it('neither opens nor makes keys where SECRET_KEY signs, and verifies with those that are left', async () => {
    ring = ringOf('HS256');
    await ring.onModuleInit();
    await ring.reload();
    expect(open).not.toHaveBeenCalled();
    // The start asks, and is told that none is wanted.
    expect(ensure).toHaveBeenCalledTimes(1);
    expect(await ring.find(keyOf().kid)).not.toBeNull();
  });

  it('waits at shutdown for what it is reading, and reads no more', async () => {
    await ring.onModuleInit();
    let finish: (keys: SigningKey[]) => void = () => {};
    list.mockImplementationOnce(() => new Promise((resolve) => (finish = resolve)));
    await jest.advanceTimersByTimeAsync(30 * SECOND);
    let isDown = false;
    const shutdown = ring.beforeApplicationShutdown().then(() => (isDown = true));
    await jest.advanceTimersByTimeAsync(SECOND);
    expect(isDown).toBe(false);
    finish([keyOf()]);
    await shutdown;
    await jest.advanceTimersByTimeAsync(600 * SECOND);
    expect(list).toHaveBeenCalledTimes(2);
  });
});
