import { type Html, html } from '../../common/http/html';
import { brand, card, footer, FONT, table } from './html-parts';
import type { MailView } from './mail-view';

const CARD = `padding: 36px 40px; border: 1px solid #e3e5eb; border-radius: 12px; ${FONT} color: #33394a;`;

/**
 * The HTML part: tables and inline styles, because Outlook and Gmail know little else. The style
 * block only adds what a client may ignore: dark mode and narrow screens.
 */
export function htmlLayout(view: MailView): Html {
  const column = html`<tr>
      <td style="padding: 0 8px 20px;">${brand(view)}</td>
    </tr>
    <tr>
      <td class="card" bgcolor="#ffffff" style="${CARD}">${card(view)}</td>
    </tr>
    <tr>
      <td style="padding: 20px 8px 0;">${footer(view.copy)}</td>
    </tr>`;
  const page = html`<tr>
    <td align="center" style="padding: 32px 16px 40px;">
      ${table('width: 100%; max-width: 560px;', column)}
    </td>
  </tr>`;
  return html`<html lang="${view.copy.language}">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="supported-color-schemes" content="light dark" />
      <title>${view.copy.subject}</title>
      ${ENHANCEMENTS}
    </head>
    <body class="page" bgcolor="#f3f4f7" style="margin: 0; padding: 0; background: #f3f4f7;">
      ${preheader(view.copy.preheader)} ${table('width: 100%;', page)}
    </body>
  </html>`;
}

/** Hidden text for the list of mails; the blanks keep the body's first words out of it. */
const preheader = (text: string): Html =>
  html`<div style="display: none; max-height: 0; overflow: hidden; mso-hide: all;">
    ${text}${Array.from({ length: 60 }, () => html`&#847;&zwnj;&nbsp;`)}
  </div>`;

const ENHANCEMENTS = html`<style>
  @media (max-width: 480px) {
    .card {
      padding: 28px 22px !important;
    }
  }
  @media (prefers-color-scheme: dark) {
    .page {
      background: #101217 !important;
    }
    .card {
      background: #1a1d25 !important;
      border-color: #2c313d !important;
      color: #d5d9e2 !important;
    }
    .strong {
      color: #ffffff !important;
    }
    .quiet {
      color: #99a1b3 !important;
    }
    .rule {
      border-color: #2c313d !important;
    }
    .link {
      color: #a9b4ff !important;
    }
  }
</style>`;
