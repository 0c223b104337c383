import * as fc from 'fast-check';
import { anyText, forAll } from '../../../test/support/fuzz';
import { loadConfig } from '../../config/env';
import { humanDuration } from './human-duration';
import { MAIL_VALUES, type MailContent, type MailKind } from './mail-kind';
import { MailRenderer } from './mail-renderer';

const KINDS = Object.keys(MAIL_VALUES) as MailKind[];
const LINK = 'https://auth.example.com/pages/verify-email?token=a.b.c';

const renderer = new MailRenderer(
  loadConfig({
    NODE_ENV: 'test',
    SECRET_KEY: 'k',
    COMPANY_NAME: 'Acme',
    SUPPORT_EMAIL: 'a@b.example',
  }),
);

/** Written by users, providers and clients: names, addresses, user agents. */
const value = fc.oneof(
  anyText(60),
  fc
    .array(
      fc.oneof(
        anyText(6),
        fc.constantFrom(
          '\r\n',
          'Bcc: x@y',
          '\u2028',
          '</title>',
          '<a href=',
          '">',
          '&lt;',
          '{{a}}',
        ),
      ),
    )
    .map((parts) => parts.join('')),
);
const contentOf = (kind: MailKind): fc.Arbitrary<MailContent> => {
  const names = [...MAIL_VALUES[kind], 'device', 'ip', 'time'];
  return fc.record({
    username: value,
    values: fc.record(Object.fromEntries(names.map((name) => [name, value])), {
      noNullPrototype: true,
    }),
    actionUrl: fc.constant(LINK),
  });
};
const mail = fc
  .constantFrom(...KINDS)
  .chain((kind) => contentOf(kind).map((content) => ({ kind, content })));

const plain = ({ values = {} }: MailContent): MailContent => ({
  username: 'x',
  actionUrl: LINK,
  values: Object.fromEntries(
    Object.entries(values).map(([name, held]) => [name, oneLine(held) === '' ? '' : 'x']),
  ),
});
const oneLine = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();

it('a subject is one line without control characters, whatever is filled in', () => {
  forAll([mail], ({ kind, content }) => {
    const { subject } = renderer.render(kind, 'en', content);
    expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    expect(subject).toMatch(/\S/);
  });
});

it('HTML has the same elements and attributes whatever is filled in', () => {
  const markupOf = (html: string): string[] => html.match(/<[^>]*>/g)!;
  forAll([mail], ({ kind, content }) => {
    const { html } = renderer.render(kind, 'en', content);
    const wanted = markupOf(renderer.render(kind, 'en', plain(content)).html);
    expect(markupOf(html)).toEqual(wanted);
    expect(html.replaceAll(/<[^>]*>/g, '')).not.toMatch(/[<>"]/);
  });
});

it('the text part has no line, and no link, that a value made', () => {
  const linesOf = (text: string): number => text.split(/[\r\n\u2028\u2029\u0085]/).length;
  forAll([mail], ({ kind, content }) => {
    const { text } = renderer.render(kind, 'en', content);
    expect(linesOf(text)).toBe(linesOf(renderer.render(kind, 'en', plain(content)).text));
    const alone = text.split('\n').filter((line) => /^https?:/.test(line));
    expect(alone.filter((line) => line !== LINK)).toEqual([]);
  });
});

it('a value is never taken for a template', () => {
  forAll([mail], ({ kind, content }) => {
    const { subject, text } = renderer.render(kind, 'en', {
      ...content,
      username: '{{company}}',
      values: { ...content.values, method: '{{username}}', new_email: '{{{company}}}' },
    });
    expect(text).toContain('Hello {{company}},');
    expect(subject).not.toContain('{{company}}');
  });
});

it('any locale gets a mail, and a length of time that is not longer than it is', () => {
  const tag = fc.stringMatching(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$/);
  const seconds = fc.integer({ min: 0, max: 30 * 86_400 });
  forAll([fc.oneof(tag, anyText(12)), seconds], (locale, length) => {
    const expires_in = humanDuration(length, locale);
    expect(expires_in).toMatch(/[\p{N}]/u);
    const content = { username: 'ada', actionUrl: LINK, values: { expires_in } };
    expect(renderer.render('password_reset', locale, content).text).toContain(LINK);
  });
  const sizes = { second: 1, minute: 60, hour: 3600, day: 86_400 };
  forAll([seconds], (length) => {
    const [number, unit = ''] = humanDuration(length).split(/ |s$/);
    const said = Number(number) * sizes[unit as keyof typeof sizes];
    expect(said <= length && said > length * 0.89 - 1).toBe(true);
  });
});
