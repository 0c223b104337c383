import { type Html, html } from '../common/http/html';
import type { StoredMail } from '../mail/transports/mailbox';
import { STYLE } from './mailbox-style';

/** All messages; it reloads itself, so that a mail is seen arriving. */
export function listPage(mails: readonly StoredMail[]): Html {
  const count = mails.length === 1 ? '1 message' : `${mails.length} messages`;
  const body = html`<div class="title">
      <h1>Mailbox</h1>
      <p class="quiet">${count}</p>
    </div>
    ${
      mails.length === 0
        ? emptyState
        : html`<ol class="mails">
            ${mails.map(row)}
          </ol>`
    }`;
  return page('Mailbox', html`<meta http-equiv="refresh" content="5" />`, body);
}

/** One message: where it went, where its links lead, and what it looks like. */
export function messagePage({ id, sentAt, message, links }: StoredMail): Html {
  const body = html`<p class="back"><a href="/dev/mailbox">&larr; Mailbox</a></p>
    <section class="card">
      <h1>${message.subject}</h1>
      <dl>
        <dt>To</dt>
        <dd>${message.to}</dd>
        <dt>Sent</dt>
        <dd>${time(sentAt)}</dd>
        ${
          links.length > 0 &&
          html`<dt>Links</dt>
            <dd>${[...new Set(links)].map(plainLink)}</dd>`
        }
        <dt>JSON</dt>
        <dd><a href="/dev/mailbox/messages/${id}">/dev/mailbox/messages/${id}</a></dd>
      </dl>
    </section>
    <div class="versions">
      <section>
        <h2>HTML</h2>
        <iframe title="HTML version" sandbox="${SANDBOX}" srcdoc="${framed(message.html)}"></iframe>
      </section>
      <section>
        <h2>Text</h2>
        <pre>${message.text}</pre>
      </section>
    </div>`;
  return page(message.subject, null, body);
}

/** No script and no access to this page; a link opens in a tab of its own, free of the sandbox. */
const SANDBOX =
  'allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation';

/** A mail says nothing about where its links open, and a sandboxed frame is the wrong place. */
const framed = (mailHtml: string): string => `<base target="_blank">${mailHtml}`;

const row = ({ id, sentAt, message, links }: StoredMail): Html =>
  html`<li>
    <a class="mail" href="/dev/mailbox/${id}">
      <span class="subject">${message.subject}</span>
      <span class="quiet">${message.to}</span>
    </a>
    <span class="aside">
      <span class="quiet">${time(sentAt)}</span>
      ${links[0] && html`<a class="open" href="${links[0]}" target="_blank">Open link</a>`}
    </span>
  </li>`;

const plainLink = (url: string): Html =>
  html`<a class="link" href="${url}" target="_blank">${url}</a>`;

const emptyState = html`<section class="card empty">
  <h2>No mail yet</h2>
  <p class="quiet">
    Whatever this service sends appears here within seconds. Sign somebody up in the
    <a href="/docs">API documentation</a> to see the first message.
  </p>
</section>`;

const FORMAT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

const time = (at: Date): Html =>
  html`<time datetime="${at.toISOString()}">${FORMAT.format(at)}</time>`;

const page = (title: string, head: Html | null, body: Html): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Gatehouse</title>
        <link rel="icon" href="data:," />
        ${head} ${STYLE}
      </head>
      <body>
        <header>
          ${MARK}
          <a class="brand" href="/dev/mailbox">Gatehouse</a>
          <span class="badge">development</span>
        </header>
        <main>${body}</main>
      </body>
    </html>`;

/** A gate. */
const MARK = html`<svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true">
  <path
    d="M4 21V11a8 8 0 0 1 16 0v10M9 21V11.5a3 3 0 0 1 6 0V21M2.5 21h19"
    fill="none"
    stroke="currentColor"
    stroke-width="2"
    stroke-linecap="round"
    stroke-linejoin="round"
  />
</svg>`;
