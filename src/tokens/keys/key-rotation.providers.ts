import type { Provider } from '@nestjs/common';
import { KeyRotation } from './key-rotation.service';
import { KeySeal } from './key-seal';
import { SigningKeysRepository } from './signing-keys.repository';

/** What it takes to change signing keys, in the service and on the command line. */
export const keyRotationProviders: Provider[] = [KeyRotation, KeySeal, SigningKeysRepository];
