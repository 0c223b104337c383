import type { Provider } from '@nestjs/common';
import { ARGON2_ENGINE, loadArgon2Engine } from './argon2-engine';
import { BreachedPasswords } from './breached-passwords';
import { PasswordHasher } from './password-hasher';
import { PasswordPolicy } from './password-policy';

/** Needs AppConfig, OutboundHttp and HashingLane around it. */
export const passwordProviders: Provider[] = [
  { provide: ARGON2_ENGINE, useFactory: loadArgon2Engine },
  BreachedPasswords,
  PasswordHasher,
  PasswordPolicy,
];
