import { Logger } from '@nestjs/common';
import type { Argon2Parameters } from './password-hash';

/** Makes and checks argon2id PHC strings (v=19), off the event loop. */
export interface Argon2Engine {
  readonly name: string;
  hash(password: string, parameters: Argon2Parameters): Promise<string>;
  /** Takes argon2id, argon2i and argon2d; rejects what it cannot read. */
  verify(hash: string, password: string): Promise<boolean>;
}

/** Injection token of the engine in use. */
export const ARGON2_ENGINE = Symbol('ARGON2_ENGINE');

/** The Rust implementation: two to three times as fast, and an optional dependency. */
export function nodeRsArgon2(): Argon2Engine {
  const library = require('@node-rs/argon2') as typeof import('@node-rs/argon2');
  return {
    name: '@node-rs/argon2',
    // argon2id and v=19 are its defaults; they have names only in a const enum, which
    // isolatedModules cannot read.
    hash: (password, { memoryKib, timeCost, parallelism }) =>
      library.hash(password, { memoryCost: memoryKib, timeCost, parallelism }),
    verify: (hash, password) => library.verify(hash, password),
  };
}

/** The reference implementation in C: prebuilt for more platforms, compiled on the rest. */
export function referenceArgon2(): Argon2Engine {
  const library = require('argon2') as typeof import('argon2');
  return {
    name: 'argon2',
    hash: (password, { memoryKib, timeCost, parallelism }) =>
      library.hash(password, {
        type: library.argon2id,
        version: 0x13,
        memoryCost: memoryKib,
        timeCost,
        parallelism,
      }),
    verify: (hash, password) => library.verify(hash, password),
  };
}

/** The fastest engine that loads here. Their hashes are interchangeable, so hosts may differ. */
export function loadArgon2Engine(): Argon2Engine {
  try {
    return nodeRsArgon2();
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    new Logger('Argon2Engine').log(`hashing with the slower argon2 package: ${reason}`);
    return referenceArgon2();
  }
}
