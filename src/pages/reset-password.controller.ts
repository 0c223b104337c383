import { Body, Controller, Get, Post, Query, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { InvalidLinkTokenError } from '../auth/auth.errors';
import { WeakPasswordError } from '../auth/passwords/passwords.errors';
import { PasswordResetService } from '../auth/password-reset/password-reset.service';
import { Public } from '../common/access/public.decorator';
import { AcceptsForm } from '../common/http/body-parsers';
import { type Client, FromClient } from '../common/http/client';
import { html } from '../common/http/html';
import { AppConfig } from '../config/app-config';
import { actionForm, BAD_LINK, fieldOf, type Page, sendPage } from './page';

@ApiExcludeController()
@Public()
@Controller({ path: 'pages/reset-password', version: VERSION_NEUTRAL })
export class ResetPasswordPage {
  constructor(
    private readonly resets: PasswordResetService,
    private readonly config: AppConfig,
  ) {}

  @Get()
  async show(@Query() query: Record<string, unknown>, @Res() reply: FastifyReply): Promise<void> {
    const linkToken = fieldOf(query, 'token');
    const isGood = await this.resets.isGood(linkToken);
    sendPage(reply, this.config, isGood ? askForPassword(linkToken) : BAD_LINK);
  }

  @Post()
  @AcceptsForm()
  async act(
    @Body() form: Record<string, unknown>,
    @FromClient() client: Client,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const linkToken = fieldOf(form, 'token');
    sendPage(
      reply,
      this.config,
      await this.resets.confirm(linkToken, fieldOf(form, 'new_password'), client).then(
        () => this.done(),
        (error: unknown) => refusal(error, linkToken),
      ),
    );
  }

  private done(): Page {
    return {
      title: 'Your password is set',
      body: html`<p>Every device was signed out. Sign in with the new password.</p>`,
      goOnTo: `${this.config.addresses.frontendUrl}/login?detail=password_reset`,
    };
  }
}

const askForPassword = (linkToken: string, problems: readonly string[] = []): Page => ({
  title: 'Choose a new password',
  status: problems.length > 0 ? 422 : 200,
  body: html`<p>It takes effect at once and signs you out everywhere else.</p>
    ${problems.length > 0 && html`<p class="bad" role="alert">${problems.join(' ')}</p>`}
    ${actionForm(
      '/pages/reset-password',
      linkToken,
      html`<label for="new_password">New password</label>
        <input
          id="new_password"
          name="new_password"
          type="password"
          autocomplete="new-password"
          minlength="8"
          required
          autofocus
        /> `,
      'Set new password',
    )}`,
});

function refusal(error: unknown, linkToken: string): Page {
  if (error instanceof InvalidLinkTokenError) return BAD_LINK;
  if (error instanceof WeakPasswordError)
    return askForPassword(
      linkToken,
      error.errors.map(({ detail }) => detail),
    );
  throw error;
}
