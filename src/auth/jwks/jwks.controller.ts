import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../common/access/public.decorator';
import { KeyRing } from '../../tokens/keys/key-ring';
import { PUBLISHED_MAX_AGE_SECONDS } from '../../tokens/keys/key-times';
import { JwksDto, toJwkDto } from './jwks.dto';

@ApiTags('auth')
@Public()
@Controller({ path: '.well-known/jwks.json', version: VERSION_NEUTRAL })
export class JwksController {
  constructor(private readonly ring: KeyRing) {}

  @Get()
  @Header('Cache-Control', `public, max-age=${PUBLISHED_MAX_AGE_SECONDS}`)
  @ApiOperation({
    summary: 'The public keys that access tokens are signed with',
    description:
      'RFC 7517. Every key that verifies, and the next one before it signs; none where access ' +
      'tokens are signed with `SECRET_KEY`.',
  })
  @ApiOkResponse({ type: JwksDto })
  show(): JwksDto {
    return { keys: this.ring.published().map(toJwkDto) };
  }
}
