import { Body, Controller, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../common/access/public.decorator';
import { AcceptsOAuthForm } from '../../common/http/body-parsers';
import { Problems } from '../../common/http/problems.decorator';
import { Unlimited } from '../../limits/unlimited.decorator';
import { IntrospectionDto, IntrospectionRequestDto, toIntrospectionDto } from './introspection.dto';
import { IntrospectionGuard } from './introspection.guard';
import { IntrospectionService } from './introspection.service';

@ApiTags('auth')
@Controller('auth/introspect')
export class IntrospectionController {
  constructor(private readonly introspections: IntrospectionService) {}

  @Post()
  // Not for people: the guard asks for a service's credential, and for nobody's session.
  @Public()
  @Unlimited()
  @UseGuards(IntrospectionGuard)
  @AcceptsOAuthForm()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Whether a token is good at this moment, and whose it is',
    description:
      'RFC 7662, for other services: with one of `INTROSPECTION_TOKEN` as a Bearer token, or as ' +
      'the password of Basic. `{"active": false}` for anything that is not good. A refresh token ' +
      'that was replaced is not active, and asking about it does nothing.',
  })
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiOkResponse({ type: IntrospectionDto })
  @Problems('unauthenticated', 'not_found', 'validation_failed')
  async introspect(@Body() body: IntrospectionRequestDto): Promise<IntrospectionDto> {
    return toIntrospectionDto(await this.introspections.introspect(body.token));
  }
}
