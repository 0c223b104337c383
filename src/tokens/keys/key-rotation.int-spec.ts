import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FixedClock } from '../../../test/support/fixed-clock';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { AuditRepository } from '../../audit/audit.repository';
import { AuditService } from '../../audit/audit.service';
import { SystemRandom } from '../../common/random/random';
import type { AccessTokenAlgorithm, AppConfig } from '../../config/app-config';
import { dataSourceOptions } from '../../data-source';
import { PreparedStatements } from '../../database/prepared-statement';
import { UnitOfWork } from '../../database/unit-of-work';
import { Telemetry } from '../../telemetry/telemetry';
import { KeyRotation } from './key-rotation.service';
import { KeySeal } from './key-seal';
import { stateOf } from './key-times';
import { SigningKeysRepository } from './signing-keys.repository';

const LIFE_SECONDS = 1800;

interface Settings {
  readonly algorithm?: AccessTokenAlgorithm;
  readonly days?: number | null;
  readonly secretKey?: string;
}

let database: TestDatabase;
let clock: FixedClock;
let sources: DataSource[];

/** As one more process would have it: with connections of its own. */
async function process({ algorithm = 'ES256', days = 90, secretKey = 'ours' }: Settings = {}) {
  const source = await new DataSource(dataSourceOptions(database.connection, 2)).initialize();
  sources.push(source);
  const config = {
    tokens: {
      secretKey,
      accessTokenAlgorithm: algorithm,
      accessTokenSeconds: LIFE_SECONDS,
      signingKeySeconds: days && days * 86_400,
    },
  } as AppConfig;
  const events = new AuditRepository(source, new PreparedStatements(source, database.connection));
  const [random, unitOfWork] = [new SystemRandom(), new UnitOfWork(source)];
  return new KeyRotation(
    new SigningKeysRepository(source),
    new KeySeal(config, random),
    new AuditService(events, unitOfWork, new Telemetry(), clock, random),
    unitOfWork,
    config,
    clock,
  );
}

const sixteenProcesses = (settings?: Settings): Promise<KeyRotation[]> =>
  Promise.all(Array.from({ length: 16 }, () => process(settings)));

beforeEach(async () => {
  Logger.overrideLogger(false);
  [database, clock, sources] = [await createTestDatabase(), new FixedClock(), []];
});
afterEach(async () => {
  await Promise.all(sources.map((source) => source.destroy()));
  await database.drop();
});

const rows = () => sources[0]!.query('SELECT * FROM signing_keys ORDER BY activates_at, kid');

/** In the order of the alphabet. */
const states = async (rotation: KeyRotation): Promise<string[]> =>
  (await rotation.list()).map((key) => stateOf(key, clock.now())).toSorted();

const trail = async (): Promise<string[]> => {
  const events = await sources[0]!.query('SELECT action FROM audit_events ORDER BY created_at, id');
  return events.map(({ action }: { action: string }) => action);
};

/** From now on the second key signs, and the first only verifies. */
async function rotated(): Promise<KeyRotation> {
  const rotation = await process();
  await rotation.ensure();
  await rotation.rotate();
  clock.advance({ minutes: 10 });
  return rotation;
}

describe('sixteen processes at once', () => {
  it('make one first key', async () => {
    const all = await sixteenProcesses();
    await Promise.all(all.map((rotation) => rotation.ensure()));
    expect(await states(all[0]!)).toEqual(['signing']);
    expect(await trail()).toEqual(['signing_key_created']);
  });

  it('make one next key on request, and the others hear that it is there', async () => {
    const all = await sixteenProcesses();
    await all[0]!.ensure();
    const made = await Promise.all(all.map((rotation) => rotation.rotate()));
    expect(made.filter((key) => key === null)).toHaveLength(15);
    expect(await states(all[0]!)).toEqual(['next', 'signing']);
  });

  it('make one next key when it is due', async () => {
    const all = await sixteenProcesses();
    await all[0]!.ensure();
    clock.advance({ days: 90 });
    await Promise.all(all.map((rotation) => rotation.tend()));
    expect(await states(all[0]!)).toEqual(['next', 'signing']);
    expect(await trail()).toEqual(['signing_key_created', 'signing_key_created']);
  });

  it('revoke one key once, and one other signs', async () => {
    const all = await sixteenProcesses();
    await all[0]!.ensure();
    const [{ kid }] = await rows();
    const outcomes = await Promise.all(all.map((rotation) => rotation.revoke(kid)));
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect(await states(all[0]!)).toEqual(['revoked', 'signing']);
    expect(await trail()).toEqual([
      'signing_key_created',
      'signing_key_revoked',
      'signing_key_created',
    ]);
  });
});

describe('the first key', () => {
  it('signs at once, without an end', async () => {
    await (await process()).ensure();
    const [key] = await rows();
    expect(key).toMatchObject({
      algorithm: 'ES256',
      created_at: clock.now(),
      activates_at: clock.now(),
      retires_at: null,
      expires_at: null,
      revoked_at: null,
    });
  });

  it('is the only one, however often it is asked for', async () => {
    const rotation = await process();
    await rotation.ensure();
    await rotation.ensure();
    expect(await rows()).toHaveLength(1);
  });

  it('is never made where SECRET_KEY signs', async () => {
    const rotation = await process({ algorithm: 'HS256' });
    await rotation.ensure();
    await rotation.tend();
    expect(await rotation.rotate()).toBeNull();
    expect(await rotation.revoke('x')).toBeNull();
    expect(await rotation.discardAll()).toBe(0);
    expect(await rows()).toEqual([]);
  });
});

describe('a rotation', () => {
  it('publishes the next key ten minutes before it signs, and lets the old one verify until its last token has expired', async () => {
    const rotation = await process();
    await rotation.ensure();
    const start = clock.now().getTime();
    await rotation.rotate();
    const [old, next] = await rows();
    expect(next).toMatchObject({ activates_at: new Date(start + 600_000), retires_at: null });
    expect(old.retires_at).toEqual(next.activates_at);
    expect(old.expires_at).toEqual(new Date(start + (600 + LIFE_SECONDS + 120) * 1000));

    const seen: string[][] = [];
    for (const seconds of [599, 1, LIFE_SECONDS + 119, 1]) {
      clock.advance({ seconds });
      seen.push(await states(rotation));
    }
    expect(seen).toEqual([
      ['next', 'signing'],
      ['signing', 'verifying'],
      ['signing', 'verifying'],
      ['expired', 'signing'],
    ]);
  });

  it('is due so that a key signs for as many days as are configured', async () => {
    const rotation = await process({ days: 30 });
    await rotation.ensure();
    clock.advance({ days: 30, minutes: -10, seconds: -1 });
    await rotation.tend();
    expect(await states(rotation)).toEqual(['signing']);
    clock.advance({ seconds: 1 });
    await rotation.tend();
    await rotation.tend();
    expect(await states(rotation)).toEqual(['next', 'signing']);
    const [first, second] = await rows();
    expect(second.activates_at - first.activates_at).toBe(30 * 86_400_000);
  });

  it('is never due with 0 days', async () => {
    const rotation = await process({ days: null });
    await rotation.ensure();
    clock.advance({ days: 36_500 });
    await rotation.tend();
    expect(await states(rotation)).toEqual(['signing']);
  });

  it('leaves no private key behind that has nothing more to sign', async () => {
    const rotation = await rotated();
    const kept = async () =>
      (await rows()).map((key: { private_key: unknown }) => !!key.private_key);
    clock.advance({ seconds: 119 });
    await rotation.tend();
    expect(await kept()).toEqual([true, true]);
    clock.advance({ seconds: 1 });
    await rotation.tend();
    expect(await kept()).toEqual([false, true]);
  });
});

describe('a revocation', () => {
  it('of the key that signs ends it at once, with its private key, and another one signs', async () => {
    const rotation = await process();
    await rotation.ensure();
    const [{ kid }] = await rows();
    clock.advance({ hours: 1 });
    expect(await rotation.revoke(kid)).toBe(true);
    const [revoked, fresh] = await rows();
    const now = clock.now();
    expect(revoked).toMatchObject({
      kid,
      retires_at: now,
      expires_at: now,
      revoked_at: now,
      private_key: null,
    });
    expect(fresh).toMatchObject({ activates_at: now, retires_at: null });
  });

  it('of the key that signs lets the next one, which is published already, sign at once', async () => {
    const rotation = await process();
    await rotation.ensure();
    const next = await rotation.rotate();
    const [{ kid }] = await rows();
    await rotation.revoke(kid);
    expect(await states(rotation)).toEqual(['revoked', 'signing']);
    expect((await rows()).find((key: { kid: string }) => key.kid === next!.kid)).toMatchObject({
      activates_at: clock.now(),
      retires_at: null,
    });
  });

  it('of the next key lets the one that signs go on', async () => {
    const rotation = await process();
    await rotation.ensure();
    const next = await rotation.rotate();
    await rotation.revoke(next!.kid);
    expect(await states(rotation)).toEqual(['revoked', 'signing']);
    const [signing] = await rows();
    expect(signing).toMatchObject({ retires_at: null, expires_at: null });
    expect(await rotation.rotate()).not.toBeNull();
  });

  it('of a key that only verifies leaves the one that signs alone', async () => {
    const rotation = await rotated();
    const [old, signing] = await rows();
    await rotation.revoke(old.kid);
    expect(await states(rotation)).toEqual(['revoked', 'signing']);
    const [revoked, untouched] = await rows();
    expect(revoked).toMatchObject({ retires_at: old.retires_at, expires_at: clock.now() });
    expect(untouched).toEqual(signing);
  });

  it('of no key, or of one that has ended, does nothing', async () => {
    const rotation = await process();
    await rotation.ensure();
    const [{ kid }] = await rows();
    expect(await rotation.revoke('no such key')).toBeNull();
    await rotation.revoke(kid);
    const before = await rows();
    expect(await rotation.revoke(kid)).toBe(false);
    expect(await rows()).toEqual(before);
  });

  it('of all keys leaves one that was made after that', async () => {
    const rotation = await rotated();
    await rotation.rotate();
    expect(await rotation.discardAll()).toBe(3);
    expect(await states(rotation)).toEqual(['revoked', 'revoked', 'revoked', 'signing']);
    const withPrivate = (await rows()).filter((key: { private_key: unknown }) => key.private_key);
    expect(withPrivate).toHaveLength(1);
  });
});

describe('another algorithm', () => {
  it('has its first key published before it signs, while the old one still does', async () => {
    await (await process({ algorithm: 'RS256' })).ensure();
    const rotation = await process({ algorithm: 'ES256' });
    await rotation.ensure();
    expect(await states(rotation)).toEqual(['next', 'signing']);
    await rotation.tend();
    expect(await states(rotation)).toEqual(['next', 'signing']);
    clock.advance({ minutes: 10 });
    await rotation.tend();
    expect(await states(rotation)).toEqual(['signing', 'verifying']);
    clock.advance({ seconds: LIFE_SECONDS + 120 });
    expect(await states(rotation)).toEqual(['expired', 'signing']);
  });

  it('ends all keys after their last tokens where it is HS256', async () => {
    await (await process()).rotate();
    const rotation = await process({ algorithm: 'HS256' });
    await rotation.tend();
    expect(await states(rotation)).toEqual(['verifying']);
    clock.advance({ seconds: LIFE_SECONDS + 120 });
    expect(await states(rotation)).toEqual(['expired']);
  });

  it('gets a new key, although one from before is still there, when it comes back', async () => {
    await (await process()).ensure();
    await (await process({ algorithm: 'HS256' })).tend();
    const rotation = await process();
    await rotation.ensure();
    expect(await states(rotation)).toEqual(['signing', 'verifying']);
  });
});

describe('another SECRET_KEY', () => {
  const REFUSAL = /^SECRET_KEY: does not open the signing key [\w-]{43}, .+ keys rotate --discard$/;

  it.each([
    ['start', (rotation: KeyRotation) => rotation.ensure()],
    ['rotate', (rotation: KeyRotation) => rotation.rotate()],
    ['revoke', (rotation: KeyRotation) => rotation.revoke('x')],
  ])('does not let it %s, and says what to do', async (_, act) => {
    await (await process()).ensure();
    const before = await rows();
    await expect(act(await process({ secretKey: 'theirs' }))).rejects.toThrow(REFUSAL);
    expect(await rows()).toEqual(before);
  });

  it('begins anew with all keys discarded', async () => {
    await (await process()).ensure();
    const rotation = await process({ secretKey: 'theirs' });
    expect(await rotation.discardAll()).toBe(1);
    await rotation.ensure();
    expect(await states(rotation)).toEqual(['revoked', 'signing']);
  });

  it('does not matter to keys that have nothing more to sign', async () => {
    await rotated();
    const [, { kid }] = await rows();
    await sources[0]!.query('UPDATE signing_keys SET retires_at = $2 WHERE kid = $1', [
      kid,
      clock.now(),
    ]);
    const rotation = await process({ secretKey: 'theirs' });
    await rotation.ensure();
    expect(await states(rotation)).toEqual(['signing', 'verifying', 'verifying']);
  });
});
