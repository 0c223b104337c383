import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { type Html, html } from '../common/http/html';
import { isStorable } from '../common/http/validation.pipe';
import type { AppConfig } from '../config/app-config';

export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  /** Where the person is sent after a moment to read. */
  readonly goOnTo?: string;
}

const SECONDS_TO_READ = 4;

const STYLE = `
:root{color-scheme:light dark;--ink:#16202e;--soft:#5b6675;--paper:#fff;--ground:#f3f5f8;--line:#d5dbe3;--act:#1f5eff;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e9edf3;--soft:#a3aebd;--paper:#1b222c;--ground:#10151c;--line:#344050;--act:#5b8cff;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{width:100%;max-width:26rem;background:var(--paper);border:1px solid var(--line);border-radius:14px;padding:2rem}
.brand{margin:0 0 1.25rem;color:var(--soft);font-size:.875rem;font-weight:600}
h1{margin:0 0 .5rem;font-size:1.375rem;line-height:1.25}
p{margin:0 0 1.25rem;color:var(--soft)}
p:last-child{margin-bottom:0}
label{display:block;margin-bottom:.375rem;font-weight:600;font-size:.875rem}
input[type=password]{width:100%;padding:.65rem .75rem;margin-bottom:1.25rem;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:8px}
button,.button{display:block;width:100%;padding:.7rem 1rem;font:inherit;font-weight:600;text-align:center;text-decoration:none;color:#fff;background:var(--act);border:0;border-radius:8px;cursor:pointer}
@media(prefers-color-scheme:dark){button,.button{color:#0b1220}}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}
.bad{color:var(--bad)}
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** No script, no image, nothing from elsewhere, in nobody's frame; forms go here only. */
const CSP = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Of every page. The URL holds a token: it is neither cached nor passed on. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': CSP,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
};

/** Answers with a hosted page. */
export function sendPage(reply: FastifyReply, config: AppConfig, page: Page): void {
  void reply
    .status(page.status ?? 200)
    .headers(PAGE_HEADERS)
    .send(renderPage(config, page));
}

export function renderPage(config: AppConfig, { title, body, goOnTo }: Page): string {
  const markup = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        ${goOnTo && html`<meta http-equiv="refresh" content="${SECONDS_TO_READ};url=${goOnTo}" />`}
        <title>${title} · ${config.mail.companyName}</title>
        STYLE_PLACE
      </head>
      <body>
        <main>
          <p class="brand">${config.mail.companyName}</p>
          <h1>${title}</h1>
          ${body} ${goOnTo && html`<a class="button" href="${goOnTo}">Continue</a>`}
        </main>
      </body>
    </html>`;
  return markup.toString().replace('STYLE_PLACE', () => `<style>${STYLE}</style>`);
}

/** A form whose only secret is the link's own token. */
export const actionForm = (
  action: string,
  linkToken: string,
  fields: Html | null,
  button: string,
): Html =>
  html`<form method="post" action="${action}">
    <input type="hidden" name="token" value="${linkToken}" />
    ${fields}<button type="submit">${button}</button>
  </form>`;

/** A field of a link or form; absent, or as no browser would send it, is empty. */
export const fieldOf = (form: unknown, name: string): string => {
  const value = (form as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof value === 'string' && isStorable(value) ? value : '';
};

export const BAD_LINK: Page = {
  title: 'This link does not work',
  status: 400,
  body: html`<p>
    It was used already, is too old, or something changed since it was sent. Ask for a new one where
    you asked for this.
  </p>`,
};
