import { stateOf } from '../../tokens/keys/key-times';
import type { SigningKey } from '../../tokens/keys/signing-key.entity';

const HEAD = [
  'KID',
  'ALGORITHM',
  'STATE',
  'CREATED',
  'SIGNS FROM',
  'SIGNS UNTIL',
  'VERIFIES UNTIL',
];

const NONE =
  'There are none. The first start with ACCESS_TOKEN_ALGORITHM=RS256 or ES256 makes one.';

/** A line a key, those of the past first. Of the key itself it tells its name. */
export function renderKeys(keys: readonly SigningKey[], now: Date): string {
  if (keys.length === 0) return NONE;
  const rows = [HEAD, ...keys.map((key) => cellsOf(key, now))];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const cellsOf = (key: SigningKey, now: Date): string[] => [
  key.kid,
  key.algorithm,
  stateOf(key, now),
  moment(key.createdAt),
  moment(key.activatesAt),
  moment(key.retiresAt),
  moment(key.expiresAt),
];

const moment = (time: Date | null): string =>
  time ? time.toISOString().replace(/\.\d+Z$/, 'Z') : '-';
