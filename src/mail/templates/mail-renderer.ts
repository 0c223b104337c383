import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../config/app-config';
import { en } from './catalog/en';
import { type CompiledCatalog, type Values, compileCatalog } from './compiled-catalog';
import { htmlLayout } from './html-layout';
import type { MailCatalog } from './mail-catalog';
import type { MailContent, MailKind } from './mail-kind';
import type { MailView } from './mail-view';
import { textLayout } from './text-layout';

interface RenderedMail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

/** A language is added here; it becomes the copy of every locale that begins with it. */
const CATALOGS: readonly MailCatalog[] = [en];

/** Writes mails. All copy is compiled and tried when this is made, so at start. */
@Injectable()
export class MailRenderer {
  private readonly catalogs = new Map(
    CATALOGS.map((catalog) => [catalog.language, compileCatalog(catalog)]),
  );

  constructor(private readonly config: AppConfig) {}

  /**
   * In the language of `locale` where there is a catalog for it (`de-AT`, then `de`), else in
   * English. Whatever is filled in is one line of text: it can neither be markup nor begin a header.
   * @throws Error when the content lacks a value or the link that the kind needs
   */
  render(kind: MailKind, locale: string | null, content: MailContent): RenderedMail {
    const values = this.valuesFor(content);
    const copy = this.catalogFor(locale).get(kind)!(values);
    if (copy.button !== null && !content.actionUrl)
      throw new Error(`${kind}: actionUrl is missing`);
    const { companyName, logoUrl } = this.config.mail;
    const view: MailView = {
      copy,
      action: copy.button === null ? null : { label: copy.button, url: content.actionUrl! },
      details: detailsOf(copy.details, values),
      companyName,
      logoUrl,
    };
    return {
      subject: copy.subject,
      html: `<!doctype html>\n${String(htmlLayout(view))}`,
      text: textLayout(view),
    };
  }

  private catalogFor(locale: string | null): CompiledCatalog {
    const subtags = (locale ?? '').split('-');
    const candidates = subtags.map((_, index) =>
      subtags.slice(0, subtags.length - index).join('-'),
    );
    const language = candidates.find((candidate) => this.catalogs.has(candidate)) ?? en.language;
    return this.catalogs.get(language)!;
  }

  private valuesFor({ username, values = {} }: MailContent): Values {
    const { companyName, supportEmail } = this.config.mail;
    const all = {
      ...values,
      username: unlinkable(username),
      company: companyName,
      ...(supportEmail === null ? {} : { support_email: supportEmail }),
    };
    return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, oneLine(value)]));
  }
}

/** The circumstances that are known, each with its label. */
const detailsOf = (labels: MailCatalog['details'], values: Values): MailView['details'] =>
  (['time', 'device', 'ip', 'signed_in_with'] as const)
    .filter((name) => values[name])
    .map((name) => ({ label: labels[name], value: values[name]! }));

/**
 * A name that mail clients make no link of: `www.evil.example` is a username that anybody may have,
 * and sign up for with somebody else's address. A ZERO WIDTH NON-JOINER, and not a WORD JOINER: that
 * one is dropped from the host of a URL, this one makes it none (UTS #46).
 */
const unlinkable = (name: string): string => name.replaceAll('.', '.\u200c');

/** No control characters, no line ends, and nothing that turns the reading direction around. */
const oneLine = (value: string): string =>
  value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
