import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../common/access/public.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { message, MessageDto } from '../../common/http/message.dto';
import { Problems } from '../../common/http/problems.decorator';
import { RateLimited } from '../../limits/rate-limit.decorator';
import { ConfirmPasswordResetDto, RequestPasswordResetDto } from './password-reset.dto';
import { PasswordResetService } from './password-reset.service';

@ApiTags('auth')
@Public()
@Controller('auth/password/reset')
export class PasswordResetController {
  constructor(private readonly resets: PasswordResetService) {}

  @Post('request')
  @RateLimited('mail')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Mail a link that sets a new password',
    description: 'One answer for all.',
  })
  @ApiOkResponse({ type: MessageDto })
  @Problems('validation_failed', 'rate_limited')
  async request(
    @Body() body: RequestPasswordResetDto,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    await this.resets.request(body.email, client);
    return message('If this address belongs to an account, a reset link is on its way.');
  }

  @Post('confirm')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Set a new password with the token from the mail',
    description: 'Ends every session of the account and verifies its address.',
  })
  @ApiOkResponse({ type: MessageDto })
  @Problems('invalid_token', 'validation_failed', 'weak_password', 'overloaded')
  async confirm(
    @Body() body: ConfirmPasswordResetDto,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    await this.resets.confirm(body.token, body.new_password, client);
    return message('The password is set. Sign in with it.');
  }
}
