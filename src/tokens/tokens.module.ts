import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { CsrfTokens } from './csrf-tokens';
import { SigningKeys } from './signing-keys';
import { TokensService } from './tokens.service';

@Module({
  imports: [JwtModule.register({})],
  providers: [TokensService, CsrfTokens, SigningKeys],
  exports: [TokensService, CsrfTokens],
})
export class TokensModule {}
