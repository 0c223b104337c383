import { Controller, Get, Query, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiFoundResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InvalidLinkTokenError } from '../auth/auth.errors';
import { EmailVerificationService } from '../auth/email-verification/email-verification.service';
import { Public } from '../common/access/public.decorator';
import { clientOf } from '../common/http/client';
import { AppConfig } from '../config/app-config';

/** FastLaunch's own link: the one GET that acts at once, for EMAIL_LINKS=direct. */
@ApiTags('fastlaunch')
@Public()
@Controller({ path: 'auth/verify-email', version: VERSION_NEUTRAL })
export class VerifyEmailController {
  constructor(
    private readonly verifications: EmailVerificationService,
    private readonly config: AppConfig,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Verify an address and go on to the frontend',
    description:
      'To `{FRONTEND_URL}/login?detail=email_verified` or `already_verified`, or `?error=invalid_token`.',
  })
  @ApiFoundResponse({ description: 'To the frontend' })
  async verify(
    @Query('token') linkToken: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const outcome = await this.outcomeOf(linkToken, request);
    await reply.redirect(`${this.config.addresses.frontendUrl}/login${outcome}`, 302);
  }

  /** A HEAD, which a mail scanner may send, changes nothing. */
  private async outcomeOf(linkToken: unknown, request: FastifyRequest): Promise<string> {
    if (request.method === 'HEAD') return '';
    try {
      const token = typeof linkToken === 'string' ? linkToken : '';
      const verification = await this.verifications.confirm(token, clientOf(request));
      return verification === 'verified' ? '?detail=email_verified' : '?detail=already_verified';
    } catch (error) {
      if (error instanceof InvalidLinkTokenError) return '?error=invalid_token';
      throw error;
    }
  }
}
