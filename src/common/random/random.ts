import { randomBytes, randomUUID } from 'node:crypto';
import { v7 } from 'uuid';

/** The only source of identifiers and secrets, all of it from the operating system's generator. */
export abstract class Random {
  /** A row id: UUIDv7, so that rows made later sort later. Not a secret. */
  abstract id(): string;
  /** 122 unpredictable bits as a UUID: `jti`, security stamps. */
  abstract uuid(): string;
  /** `bytes` unpredictable bytes as base64url. */
  abstract secret(bytes: number): string;
}

export class SystemRandom extends Random {
  id(): string {
    return v7();
  }

  uuid(): string {
    return randomUUID();
  }

  secret(bytes: number): string {
    return randomBytes(bytes).toString('base64url');
  }
}
