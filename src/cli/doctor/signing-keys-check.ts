import type { Client } from 'pg';
import { SystemRandom } from '../../common/random/random';
import type { Clock } from '../../common/time/clock';
import type { AppConfig } from '../../config/app-config';
import { keptSecretKey } from '../../config/secret-key';
import { KeySeal } from '../../tokens/keys/key-seal';
import { isUnretired, renewalDueAt } from '../../tokens/keys/key-times';
import type { SigningKey } from '../../tokens/keys/signing-key.entity';
import { type Finding, findingsOf } from './finding';

const signingKeys = findingsOf('signing keys');

type Key = Pick<SigningKey, 'kid' | 'algorithm' | 'privateKey' | 'activatesAt' | 'retiresAt'>;

/** Those who work look about hourly: who is later than that is not there. */
const OVERDUE_SECONDS = 7_200;

const KEYS = `
  SELECT kid, algorithm, private_key AS "privateKey", activates_at AS "activatesAt",
    retires_at AS "retiresAt"
  FROM signing_keys ORDER BY activates_at, kid`;

/** What signs access tokens, whether SECRET_KEY opens it, and when it is replaced. */
export async function checkSigningKeys(
  client: Client,
  config: AppConfig,
  clock: Clock,
): Promise<Finding[]> {
  const { accessTokenAlgorithm: algorithm } = config.tokens;
  if (algorithm === 'HS256')
    return [
      signingKeys.ok('ACCESS_TOKEN_ALGORITHM is HS256: SECRET_KEY signs, no key is published'),
    ];
  const { rows } = await client.query<Key>(KEYS);
  const used = rows.filter((key) => isUnretired(key, clock.now()));
  if (used.length === 0)
    return [signingKeys.ok(`ACCESS_TOKEN_ALGORITHM is ${algorithm}; the first start makes a key`)];
  return [
    ...checkSeals(used, config, algorithm),
    ...checkRotation(used, config.tokens.signingKeySeconds, algorithm, clock),
  ];
}

/** One that does not open ends every start: `KeyRotation.ensure`. */
function checkSeals(keys: readonly Key[], config: AppConfig, algorithm: string): Finding[] {
  const { dataDir } = config.process;
  const isMade = config.environment !== 'production';
  const secretKey = config.tokens.secretKey || (isMade && keptSecretKey(dataDir));
  if (!secretKey)
    return [
      signingKeys.warn(
        'whether SECRET_KEY opens them cannot be told: there is none',
        'Set the SECRET_KEY under which they were made, and run doctor again.',
      ),
    ];
  const seal = new KeySeal(
    { tokens: { ...config.tokens, secretKey } } as AppConfig,
    new SystemRandom(),
  );
  const lost = keys.filter((key) => !key.privateKey || !seal.open(key.privateKey, key));
  if (lost.length === 0)
    return [
      signingKeys.ok(
        `ACCESS_TOKEN_ALGORITHM is ${algorithm}; SECRET_KEY opens all that sign or will: ${keys.length}`,
      ),
    ];
  return lost.map(({ kid }) =>
    signingKeys.fail(
      `SECRET_KEY does not open ${kid}, which was made under another: the service will not start`,
      'Set that SECRET_KEY again, or give up all keys with the command keys rotate --discard.',
    ),
  );
}

function checkRotation(
  keys: readonly Key[],
  signingKeySeconds: number | null,
  algorithm: string,
  clock: Clock,
): Finding[] {
  const newest = keys.find((key) => key.algorithm === algorithm && key.retiresAt === null);
  if (!newest) return [signingKeys.ok(`the next start makes one of ${algorithm}`)];
  const dueAt = renewalDueAt(newest, signingKeySeconds);
  if (!dueAt)
    return [
      signingKeys.ok('SIGNING_KEY_ROTATION_DAYS is 0: the command keys rotate replaces them'),
    ];
  const due = `the next is due at ${dueAt.toISOString()}`;
  return dueAt < clock.inSeconds(-OVERDUE_SECONDS)
    ? [
        signingKeys.warn(
          `${due}, and nobody made it`,
          'Run a process with PROCESS_ROLE=worker or all, and look for "signing keys not tended" in its log.',
        ),
      ]
    : [signingKeys.ok(due)];
}
