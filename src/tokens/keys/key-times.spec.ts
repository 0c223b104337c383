import { signerOf, stateOf } from './key-times';

const now = new Date('2030-01-01T12:00:00Z');
const at = (hours: number): Date => new Date(now.getTime() + hours * 3_600_000);

interface Hours {
  readonly algorithm?: string;
  readonly activates: number;
  readonly retires?: number;
  readonly expires?: number;
  readonly revoked?: number;
}

const keyOf = ({ algorithm = 'ES256', activates, retires, expires, revoked }: Hours) => ({
  algorithm,
  activatesAt: at(activates),
  retiresAt: retires === undefined ? null : at(retires),
  expiresAt: expires === undefined ? null : at(expires),
  revokedAt: revoked === undefined ? null : at(revoked),
});

it.each([
  ['next', { activates: 0.1 }],
  ['signing', { activates: 0 }],
  ['signing', { activates: -1, retires: 0.1, expires: 1 }],
  ['verifying', { activates: -1, retires: 0, expires: 0.1 }],
  ['expired', { activates: -2, retires: -1, expires: 0 }],
  ['revoked', { activates: -2, retires: -1, expires: -1, revoked: -1 }],
] as const)('a key is %s: %o', (state, hours) => {
  expect(stateOf(keyOf(hours), now)).toBe(state);
});

it.each([
  ['nobody, where there is no key', [], null],
  ['nobody, where all have retired', [{ activates: -2, retires: 0 }], null],
  ['the one that has begun', [{ activates: 1 }, { activates: 0 }], 1],
  ['the latest of those that have', [{ activates: -2 }, { activates: -1 }], 1],
  ['not the next one before its time', [{ activates: -2, retires: 0.1 }, { activates: 0.1 }], 0],
  ['the next one from its time on', [{ activates: -2, retires: 0 }, { activates: 0 }], 1],
  [
    'another algorithm while the first of the wanted one is being published',
    [{ algorithm: 'RS256', activates: -2 }, { activates: 0.1 }],
    0,
  ],
  [
    'the wanted algorithm once it has begun, whatever is later',
    [{ activates: -2 }, { algorithm: 'RS256', activates: -1 }],
    0,
  ],
  ['the first that comes, where none has begun', [{ activates: 0.2 }, { activates: 0.1 }], 1],
  [
    'the wanted algorithm of those to come',
    [{ activates: 0.2 }, { algorithm: 'RS256', activates: 0.1 }],
    0,
  ],
] as const)('signs with %s', (_, hours, winner) => {
  const keys = hours.map(keyOf);
  expect(signerOf(keys, 'ES256', now)).toBe(winner === null ? null : keys[winner]);
});
