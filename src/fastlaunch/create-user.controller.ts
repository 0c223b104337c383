import { Body, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import { RegistrationService } from '../auth/registration/registration.service';
import { Public } from '../common/access/public.decorator';
import { type Client, FromClient } from '../common/http/client';
import { Problems, ProblemsAs } from '../common/http/problems.decorator';
import { RateLimited } from '../limits/rate-limit.decorator';
import { InDialect } from './dialect.decorator';
import { FastLaunchUserDto, UserCreatedDto } from './fastlaunch.dto';

@InDialect()
export class CreateUserController {
  constructor(private readonly registrations: RegistrationService) {}

  @Post('create-user')
  @Public()
  @RateLimited('register')
  @ApiOperation({
    summary: 'Create an account',
    description:
      'Mails a link that verifies the address. With REGISTRATION_HIDES_ACCOUNTS a taken address ' +
      'gets this answer too.',
  })
  @ApiCreatedResponse({ type: UserCreatedDto })
  @ProblemsAs(400, 'username_taken', 'email_taken')
  @Problems('validation_failed', 'weak_password', 'rate_limited', 'overloaded')
  async create(
    @Body() { username, email, password }: FastLaunchUserDto,
    @FromClient() client: Client,
  ): Promise<UserCreatedDto> {
    await this.registrations.register({ username, email, password, fullName: null }, client);
    return { message: 'User created. Check your email to verify.' };
  }
}
