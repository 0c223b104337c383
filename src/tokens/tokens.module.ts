import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AuditModule } from '../audit/audit.module';
import { AccessTokenKeys } from './access-token-keys';
import { CsrfTokens } from './csrf-tokens';
import { KeyRing } from './keys/key-ring';
import { keyRotationProviders } from './keys/key-rotation.providers';
import { KeyRotation } from './keys/key-rotation.service';
import { KeyRotationTimer } from './keys/key-rotation.timer';
import { SigningKeys } from './signing-keys';
import { TokensService } from './tokens.service';

@Module({
  imports: [JwtModule.register({}), AuditModule],
  providers: [
    TokensService,
    CsrfTokens,
    SigningKeys,
    AccessTokenKeys,
    KeyRing,
    ...keyRotationProviders,
    KeyRotationTimer,
  ],
  exports: [TokensService, CsrfTokens, AccessTokenKeys, KeyRing, KeyRotation],
})
export class TokensModule {}
