import { type Html, html } from '../../common/http/html';
import type { FilledCopy } from './compiled-catalog';
import type { MailView } from './mail-view';

const FAMILY =
  "font-family: -apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif;";
/** Repeated in every cell: Outlook does not let tables inherit it. */
export const FONT = `${FAMILY} font-size: 16px; line-height: 1.6;`;

const STRONG = `${FAMILY} font-weight: 700; line-height: 1.3; color: #1a1e2b;`;
const QUIET = 'margin: 0 0 12px; font-size: 14px; color: #5f6678;';
const BUTTON = `display: inline-block; padding: 13px 26px; border: 1px solid #4049c8; border-radius: 8px; ${FAMILY} font-size: 16px; font-weight: 600; line-height: 1.3; color: #ffffff; text-decoration: none;`;
const RULE = 'margin-top: 20px; padding-top: 20px; border-top: 1px solid #e3e5eb;';

/** A table that only places things; screen readers pass over it. */
export const table = (style: string, rows: Html | readonly Html[]): Html =>
  html`<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="${style}">
    ${rows}
  </table>`;

export const brand = ({ companyName, logoUrl }: MailView): Html =>
  logoUrl === null
    ? html`<span class="strong" style="${STRONG} font-size: 18px;">${companyName}</span>`
    : html`<img
        src="${logoUrl}"
        alt="${companyName}"
        height="36"
        style="${STRONG} height: 36px;"
      />`;

export const card = ({ copy, action, details }: MailView): Html =>
  html`<h1 class="strong" style="margin: 0 0 20px; ${STRONG} font-size: 24px;">${copy.heading}</h1>
    ${[copy.greeting, ...copy.paragraphs].map(paragraph)} ${action && button(action)}
    ${copy.note && quiet(copy.note)} ${action && plainLink(copy.linkHint, action.url)}
    ${details.length > 0 && table('margin: 0 0 8px; font-size: 14px;', details.map(detail))}
    <div class="rule" style="${RULE}">${quiet(copy.closing)}</div>`;

export const footer = ({ help, reason }: FilledCopy): Html =>
  html`<p class="quiet" style="${FAMILY} ${QUIET} font-size: 13px; line-height: 1.6;">
    ${help && html`${help}<br />`}${reason}
  </p>`;

const paragraph = (text: string): Html => html`<p style="margin: 0 0 16px;">${text}</p>`;

const quiet = (content: string | Html): Html =>
  html`<p class="quiet" style="${QUIET}">${content}</p>`;

const button = ({ label, url }: { label: string; url: string }): Html =>
  table(
    'margin: 8px 0 20px;',
    html`<tr>
      <td bgcolor="#4049c8" style="border-radius: 8px;">
        <a href="${url}" style="${BUTTON}">${label}</a>
      </td>
    </tr>`,
  );

const plainLink = (hint: string, url: string): Html =>
  quiet(
    html`${hint}<br />
      <a class="link" href="${url}" style="color: #4049c8; word-break: break-all;">${url}</a>`,
  );

const detail = ({ label, value }: MailView['details'][number]): Html =>
  html`<tr>
    <td class="quiet" valign="top" style="padding: 3px 20px 3px 0; color: #5f6678;">${label}</td>
    <td valign="top" style="padding: 3px 0;">${value}</td>
  </tr>`;
