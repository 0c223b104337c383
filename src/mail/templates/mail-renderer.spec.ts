import { loadConfig } from '../../config/env';
import { en } from './catalog/en';
import { compileCatalog } from './compiled-catalog';
import { MAIL_VALUES, type MailKind } from './mail-kind';
import { MailRenderer } from './mail-renderer';

const KINDS = Object.keys(MAIL_VALUES) as MailKind[];
const LINK = 'https://auth.example.com/pages/verify-email?token=a.b.c&x=1';

const rendererWith = (environment: Record<string, string> = {}) =>
  new MailRenderer(
    loadConfig({ NODE_ENV: 'test', SECRET_KEY: 'k', COMPANY_NAME: 'Acme', ...environment }),
  );

const valuesFor = (kind: MailKind) =>
  Object.fromEntries(MAIL_VALUES[kind].map((name) => [name, `the ${name}`]));

const contentFor = (kind: MailKind) => ({
  username: 'ada',
  actionUrl: LINK,
  values: valuesFor(kind),
});

describe('MailRenderer', () => {
  const renderer = rendererWith();

  it.each(KINDS)('renders %s in HTML and in text', (kind) => {
    const { subject, html, text } = renderer.render(kind, 'en', contentFor(kind));
    expect(subject).toMatch(/^\S.*\S$/);
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">[^]*<\/html>$/);
    expect(text).toContain('Hello ada,');
    expect(text).toContain('Acme');
    for (const value of Object.values(valuesFor(kind))) expect(subject + text).toContain(value);
    for (const part of [subject, html, text]) {
      expect(part).not.toContain('{{');
      expect(part).not.toMatch(/undefined|null|\[object/);
    }
    expect(subject + text).not.toContain('!');
  });

  it.each(KINDS.filter((kind) => en.mails[kind].button))(
    'puts the link of %s on the button, beneath it, and on a line of its own in the text',
    (kind) => {
      const { html, text } = renderer.render(kind, 'en', contentFor(kind));
      const escaped = LINK.replace('&', '&amp;');
      expect(html.split(`href="${escaped}"`)).toHaveLength(3);
      expect(html).toContain(`>${escaped}</a`);
      expect(text.split('\n')).toContain(LINK);
    },
  );

  it.each(KINDS.filter((kind) => !en.mails[kind].button))('puts no link into %s', (kind) => {
    const { html, text } = renderer.render(kind, 'en', contentFor(kind));
    expect(html + text).not.toMatch(/href|https?:/);
  });

  it('escapes names in HTML and leaves them literal in subject and text', () => {
    const hostile = `<script>&"'`;
    const { subject, html, text } = rendererWith({ COMPANY_NAME: hostile }).render(
      'password_reset',
      'en',
      { username: hostile, actionUrl: LINK, values: { expires_in: hostile } },
    );
    expect(html).not.toContain('<script>');
    expect(html.split('&lt;script&gt;&amp;&quot;&#39;').length).toBeGreaterThan(4);
    expect(subject).toBe(`Reset your ${hostile} password`);
    expect(text).toContain(`Hello ${hostile},`);
  });

  it.each(KINDS)('makes no link of a name in %s', (kind) => {
    for (const username of ['www.evil.example', 'evil.com', 'ada.lovelace', '192.0.2.1', 'a..b']) {
      const content = { ...contentFor(kind), username };
      const { subject, html, text } = renderer.render(kind, 'en', content);
      const shown = username.replaceAll('.', '.\u200c');
      expect(text).toContain(`Hello ${shown},`);
      expect(html).toContain(`Hello ${shown},`);
      for (const part of [subject, html, text]) expect(part).not.toContain(username);
      // Not even for a client that takes for a link whatever has dots.
      expect(URL.canParse(`https://${shown}`)).toBe(false);
    }
  });

  it('leaves links and the address of the support as they are', () => {
    const mail = rendererWith({ SUPPORT_EMAIL: 'help@acme.example' }).render('invitation', 'en', {
      ...contentFor('invitation'),
      username: 'www.evil.example',
    });
    expect(mail.text.split('\n')).toContain(LINK);
    expect(mail.text).toContain('Write to help@acme.example.');
    expect(mail.html).toContain(`href="${LINK.replace('&', '&amp;')}"`);
  });

  it('does not evaluate placeholders inside values', () => {
    const { text } = renderer.render('farewell', 'en', { username: '{{company}}' });
    expect(text).toContain('Hello {{company}},');
  });

  it('lets no value begin a header line (subject injection)', () => {
    const method = 'Evil\r\nBcc: eve@example.com\u2028X:\u0000\u202ey';
    const { subject, text } = renderer.render('sign_in_method_linked', 'en', {
      username: 'ada\nBcc: eve@example.com',
      values: { method },
    });
    expect(subject).toBe('Evil Bcc: eve@example.com X: y can now sign in to your Acme account');
    expect(text).toContain('Hello ada Bcc: eve@example.\u200ccom,');
  });

  it('lists the circumstances that are known', () => {
    const content = { username: 'ada', values: { device: 'Firefox on <Linux>', ip: '192.0.2.1' } };
    const { html, text } = renderer.render('password_changed', 'en', content);
    expect(text).toContain('\n\nDevice: Firefox on <Linux>\nIP address: 192.0.2.1\n\n');
    expect(text).not.toContain('When:');
    expect(html).toContain('Firefox on &lt;Linux&gt;');
  });

  it('names the support address and shows the logo where they are configured', () => {
    const mail = rendererWith({
      SUPPORT_EMAIL: 'help@acme.example',
      LOGO_URL: 'https://acme.example/logo.png?a=1&b=2',
    }).render('farewell', 'en', { username: 'ada' });
    expect(mail.text).toContain('Questions? Write to help@acme.example.');
    expect(mail.html).toContain('src="https://acme.example/logo.png?a=1&amp;b=2"');
    const plain = renderer.render('farewell', 'en', { username: 'ada' });
    expect(plain.text).not.toContain('Questions?');
    expect(plain.html).not.toContain('<img');
  });

  it.each(['de-AT', 'en-GB', 'zh-Hant-TW', 'constructor', '', null])(
    'falls back to English for locale %j',
    (locale) => {
      const { subject } = renderer.render('farewell', locale, { username: 'ada' });
      expect(subject).toBe('Your Acme account was deleted');
    },
  );

  it('refuses to write a mail that lacks a value', () => {
    expect(() =>
      renderer.render('email_verification', 'en', { username: 'ada', actionUrl: LINK }),
    ).toThrow('"expires_in" not defined');
  });

  it('refuses to write a mail that lacks its link', () => {
    const { actionUrl: _, ...content } = contentFor('invitation');
    expect(() => renderer.render('invitation', 'en', content)).toThrow('actionUrl is missing');
  });
});

describe('compileCatalog', () => {
  it.each(['{{usrname}}', '{{method}}', '{{#if x}}', '{{{raw.thing}}}'])(
    'refuses copy with %s in it, at start',
    (closing) => {
      const mails = { ...en.mails, farewell: { ...en.mails.farewell, closing } };
      expect(() => compileCatalog({ ...en, mails })).toThrow('mail copy en/farewell');
    },
  );
});
