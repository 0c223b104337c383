import { type Argon2Parameters, parsePasswordHash } from './password-hash';

/**
 * The most that a hash from elsewhere may ask for at its owner's sign-in; the service itself may be
 * configured for more. Well above what frameworks write: whoever makes the file must not choose how
 * long our cores are busy.
 */
const MOST: Argon2Parameters = { memoryKib: 256 * 1024, timeCost: 16, parallelism: 16 };
/** Of memory times passes, which is the work: 4 passes over 256 MiB, about a second. */
const MOST_WORK_KIB = 4 * MOST.memoryKib;
const BCRYPT_COSTS = { least: 4, most: 14 };
/** RFC 9106 §3.1: what argon2 takes at all. */
const LEAST_SALT_BYTES = 8;
const LEAST_OUTPUT_BYTES = 4;
/** Of the hash's own output: longer ones prove no more. */
const MOST_BYTES = 64;
const LEAST_KIB_A_LANE = 8;
/**
 * The last character of bcrypt's salt and output has bits to spare, which are zero. A hash with
 * others in them, from an encoder that was wrong, verifies nowhere.
 */
const BCRYPT_TAILS = /^.{7}.{21}[.Oeu].{30}[.CGKOSWaeimquy26]$/;

/**
 * What is wrong with a password hash that was made elsewhere, or null if its owner can sign in with
 * it. Parses it; nothing is computed.
 */
export function faultOfImportedHash(hash: string, wanted: Argon2Parameters): string | null {
  const parsed = parsePasswordHash(hash);
  if (!parsed) return 'must be argon2 (a PHC string) or bcrypt ($2a$, $2b$ or $2y$)';
  if (parsed.scheme === 'bcrypt') return faultOfBcrypt(hash, parsed.cost);
  const most = ceilings(wanted);
  if (parsed.memoryKib > most.memoryKib) return `must take at most m=${most.memoryKib}`;
  if (parsed.timeCost > most.timeCost) return `must take at most t=${most.timeCost}`;
  if (parsed.parallelism > most.parallelism) return `must take at most p=${most.parallelism}`;
  const mostWork = Math.max(MOST_WORK_KIB, workOf(wanted));
  if (workOf(parsed) > mostWork) return `must take at most m times t = ${mostWork}`;
  if (parsed.memoryKib < LEAST_KIB_A_LANE * parsed.parallelism)
    return `must have at least ${LEAST_KIB_A_LANE} KiB of memory a lane`;
  return faultOfEncoding(hash.split('$').slice(-2));
}

function faultOfBcrypt(hash: string, cost: number): string | null {
  const { least, most } = BCRYPT_COSTS;
  if (cost < least || cost > most) return `must have a bcrypt cost from ${least} to ${most}`;
  return BCRYPT_TAILS.test(hash) ? null : 'has bits set that bcrypt never sets: it was damaged';
}

const workOf = ({ memoryKib, timeCost }: Argon2Parameters): number => memoryKib * timeCost;

/** Never below what is in use here: a hash made today can always come back. */
const ceilings = (wanted: Argon2Parameters): Argon2Parameters => ({
  memoryKib: Math.max(MOST.memoryKib, wanted.memoryKib),
  timeCost: Math.max(MOST.timeCost, wanted.timeCost),
  parallelism: Math.max(MOST.parallelism, wanted.parallelism),
});

/** One of the two engines takes sloppy base64 and the other does not. */
function faultOfEncoding(parts: readonly string[]): string | null {
  const [salt, output] = parts.map((part) => Buffer.from(part, 'base64'));
  const isExact = [salt, output].every(
    (bytes, index) => bytes!.toString('base64').replace(/=+$/, '') === parts[index],
  );
  if (!isExact) return 'has a salt or output that is not exact base64: it was damaged';
  const isFit =
    salt!.length >= LEAST_SALT_BYTES &&
    output!.length >= LEAST_OUTPUT_BYTES &&
    Math.max(salt!.length, output!.length) <= MOST_BYTES;
  return isFit ? null : 'has a salt or output of a length that cannot be checked';
}
