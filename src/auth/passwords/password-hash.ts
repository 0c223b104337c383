/** Reads stored password hashes: what made them, with which parameters. Pure text, no hashing. */

export interface Argon2Parameters {
  readonly memoryKib: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

export interface Argon2Hash extends Argon2Parameters {
  readonly scheme: 'argon2id' | 'argon2i' | 'argon2d';
  readonly version: number;
  readonly saltBytes: number;
  readonly outputBytes: number;
}

export interface BcryptHash {
  readonly scheme: 'bcrypt';
  /** Binary logarithm of the rounds. */
  readonly cost: number;
}

/** RFC 9106 §3.1: 0x13. Hashes of before carry 0x10, or no version at all. */
const CURRENT_VERSION = 19;
const FIRST_VERSION = 16;
/** RFC 9106 §3.1: 128 bits of salt; §4: 256 bits of output. Both engines make these. */
const SALT_BYTES = 16;
const OUTPUT_BYTES = 32;

/**
 * The most work that one verification may ask for. Memory is libsodium's
 * `crypto_pwhash_MEMLIMIT_SENSITIVE`, the largest preset in common use; nothing legitimate has 64
 * passes or lanes. A row beyond this is damaged or planted: 4 GiB kills the process, and bcrypt at
 * cost 31 holds a slot of the lane for a day.
 */
const MOST: Argon2Parameters = { memoryKib: 1024 * 1024, timeCost: 64, parallelism: 64 };
/** About four seconds. OWASP asks for at least 10, frameworks write 10 to 14. */
const MOST_BCRYPT_COST = 16;

const NUMBER = '([1-9]\\d{0,9})';
const BASE64 = '([A-Za-z0-9+/]+)';
const ARGON2 = new RegExp(
  `^\\$(argon2(?:id|i|d))(?:\\$v=(16|19))?\\$m=${NUMBER},t=${NUMBER},p=${NUMBER}\\$${BASE64}\\$${BASE64}$`,
);
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

const zeros = (bytes: number): string => Buffer.alloc(bytes).toString('base64').replace(/=+$/, '');

const bytesIn = (base64: string): number => Math.floor((base64.length * 3) / 4);

/** What made the hash; null when it is no argon2 PHC string and no bcrypt of $2a$, $2b$ or $2y$. */
export function parsePasswordHash(hash: string): Argon2Hash | BcryptHash | null {
  const bcrypt = BCRYPT.exec(hash);
  if (bcrypt) return { scheme: 'bcrypt', cost: Number(bcrypt[1]) };
  const [, scheme, version, memory, time, lanes, salt = '', output = ''] = ARGON2.exec(hash) ?? [];
  if (!scheme) return null;
  return {
    scheme: scheme as Argon2Hash['scheme'],
    version: version ? Number(version) : FIRST_VERSION,
    memoryKib: Number(memory),
    timeCost: Number(time),
    parallelism: Number(lanes),
    saltBytes: bytesIn(salt),
    outputBytes: bytesIn(output),
  };
}

/** Whether verifying costs no more than the ceiling, or than the parameters in use where larger. */
export function isAffordable(parsed: Argon2Hash | BcryptHash, wanted: Argon2Parameters): boolean {
  if (parsed.scheme === 'bcrypt') return parsed.cost <= MOST_BCRYPT_COST;
  return (
    parsed.memoryKib <= Math.max(MOST.memoryKib, wanted.memoryKib) &&
    parsed.timeCost <= Math.max(MOST.timeCost, wanted.timeCost) &&
    parsed.parallelism <= Math.max(MOST.parallelism, wanted.parallelism)
  );
}

/** Whether the hash was made otherwise than one made now; true for what is not recognised. */
export function needsRehash(hash: string, wanted: Argon2Parameters): boolean {
  const parsed = parsePasswordHash(hash);
  if (parsed?.scheme !== 'argon2id') return true;
  return (
    parsed.version !== CURRENT_VERSION ||
    parsed.memoryKib !== wanted.memoryKib ||
    parsed.timeCost !== wanted.timeCost ||
    parsed.parallelism !== wanted.parallelism ||
    parsed.saltBytes < SALT_BYTES ||
    parsed.outputBytes < OUTPUT_BYTES
  );
}

/**
 * A well-formed hash that is nobody's: verifying against it costs exactly what a real one with
 * these parameters costs, because argon2 computes the whole output before comparing it.
 */
export function dummyHash({ memoryKib, timeCost, parallelism }: Argon2Parameters): string {
  const parameters = `m=${memoryKib},t=${timeCost},p=${parallelism}`;
  return `$argon2id$v=${CURRENT_VERSION}$${parameters}$${zeros(SALT_BYTES)}$${zeros(OUTPUT_BYTES)}`;
}
