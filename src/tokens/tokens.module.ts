import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { SigningKeys } from './signing-keys';
import { TokensService } from './tokens.service';

@Module({
  imports: [JwtModule.register({})],
  providers: [TokensService, SigningKeys],
  exports: [TokensService],
})
export class TokensModule {}
