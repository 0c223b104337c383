import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { Public } from '../../common/access/public.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { ValidationFailedError } from '../../common/http/http.errors';
import { message, MessageDto } from '../../common/http/message.dto';
import { Problems } from '../../common/http/problems.decorator';
import { RateLimited } from '../../limits/rate-limit.decorator';
import type { SignedInUser } from '../../users/account';
import { LinkTokenDto } from '../link-token.dto';
import { OptionalUser } from '../optional-user.decorator';
import { RequestVerificationDto } from './email-verification.dto';
import { EmailVerificationService } from './email-verification.service';

@ApiTags('auth')
@Public()
@Controller('auth/email/verification')
export class EmailVerificationController {
  constructor(private readonly verifications: EmailVerificationService) {}

  @Post('request')
  @OptionalUser(true)
  @RateLimited('mail')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Mail a new verification link',
    description: 'To your own address if signed in, or to the one in the body. One answer for all.',
  })
  @ApiOkResponse({ type: MessageDto })
  @Problems(
    'invalid_access_token',
    'csrf_token_invalid',
    'origin_not_allowed',
    'validation_failed',
    'rate_limited',
  )
  async request(
    @Body() body: RequestVerificationDto,
    @CurrentUser() user: SignedInUser | undefined,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    const email = body.email ?? user?.account.email;
    if (!email)
      throw new ValidationFailedError([
        { pointer: '/email', detail: 'is needed unless you are signed in' },
      ]);
    await this.verifications.request(email, client);
    return message(
      'If this address belongs to an account and is not verified, a link is on its way.',
    );
  }

  @Post('confirm')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Verify an address with the token from the mail',
    description: 'Again is fine.',
  })
  @ApiOkResponse({ type: MessageDto })
  @Problems('invalid_token', 'validation_failed')
  async confirm(@Body() body: LinkTokenDto, @FromClient() client: Client): Promise<MessageDto> {
    const outcome = await this.verifications.confirm(body.token, client);
    return message(
      outcome === 'verified' ? 'The address is verified.' : 'The address was verified already.',
    );
  }
}
