import { Body, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import {
  ConfirmPasswordResetDto,
  RequestPasswordResetDto,
} from '../auth/password-reset/password-reset.dto';
import { PasswordResetService } from '../auth/password-reset/password-reset.service';
import { Public } from '../common/access/public.decorator';
import { type Client, FromClient } from '../common/http/client';
import { Problems } from '../common/http/problems.decorator';
import { RateLimited } from '../limits/rate-limit.decorator';
import { InDialect } from './dialect.decorator';
import { DetailDto } from './fastlaunch.dto';

@InDialect()
@Public()
export class ResetPasswordController {
  constructor(private readonly resets: PasswordResetService) {}

  @Post('request-password-reset')
  @RateLimited('mail')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Mail a link that sets a new password',
    description: 'One answer for all.',
  })
  @ApiOkResponse({ type: DetailDto })
  @Problems('validation_failed', 'rate_limited')
  async request(
    @Body() body: RequestPasswordResetDto,
    @FromClient() client: Client,
  ): Promise<DetailDto> {
    await this.resets.request(body.email, client);
    return { detail: 'If the email exists, a reset link has been sent.' };
  }

  @Post('reset-password')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Set a new password with the token from the mail',
    description: 'Ends every session of the account and verifies its address.',
  })
  @ApiOkResponse({ type: DetailDto })
  @Problems('invalid_token', 'validation_failed', 'weak_password', 'overloaded')
  async confirm(
    @Body() body: ConfirmPasswordResetDto,
    @FromClient() client: Client,
  ): Promise<DetailDto> {
    await this.resets.confirm(body.token, body.new_password, client);
    return { detail: 'Password reset successful' };
  }
}
