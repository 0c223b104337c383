import { Body, Controller, HttpStatus, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../common/access/public.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { message, MessageDto } from '../../common/http/message.dto';
import { Problems } from '../../common/http/problems.decorator';
import { Clock } from '../../common/time/clock';
import { RateLimited } from '../../limits/rate-limit.decorator';
import { toUserDto } from '../../users/user.dto';
import { RegisterDto, RegisteredDto } from './registration.dto';
import { RegistrationService } from './registration.service';

@ApiTags('auth')
@Controller('auth')
export class RegistrationController {
  constructor(
    private readonly registrations: RegistrationService,
    private readonly clock: Clock,
  ) {}

  @Post('register')
  @Public()
  @RateLimited('register')
  @ApiOperation({
    summary: 'Create an account',
    description: 'Mails a link that verifies the address.',
  })
  @ApiCreatedResponse({ type: RegisteredDto })
  @ApiAcceptedResponse({ type: MessageDto, description: 'With REGISTRATION_HIDES_ACCOUNTS' })
  @Problems(
    'username_taken',
    'email_taken',
    'validation_failed',
    'weak_password',
    'rate_limited',
    'overloaded',
  )
  async register(
    @Body() body: RegisterDto,
    @FromClient() client: Client,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RegisteredDto | MessageDto> {
    const { username, email, password, full_name: fullName = null } = body;
    const outcome = await this.registrations.register(
      { username, email, password, fullName },
      client,
    );
    if (outcome.kind === 'hidden') {
      void reply.status(HttpStatus.ACCEPTED);
      return message('Check your e-mail to go on.');
    }
    return Object.assign(toUserDto(outcome.account, this.clock.now()), {
      message: 'Account created. Check your e-mail to verify the address.',
    });
  }
}
